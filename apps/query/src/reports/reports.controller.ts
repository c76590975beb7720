import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import { type z } from 'zod';
import { requireOwn } from '../access/require-own.ts';
import { Answers, Creates } from '../http/documented-route.ts';
import {
  listParameters,
  type ListParameters,
  reportAnswer,
  type ReportAnswer,
  reportPage,
  type ReportPage,
  reportPath,
  reportRequest,
  type ReportRequest,
} from './report-answer.ts';
import { PAGE_POLICY, reportHtml } from './report-page.ts';
import { ReportsQuery } from './reports.query.ts';

interface HeaderReply {
  header(name: string, value: string): unknown;
}

@ApiTags('Reports')
@Controller('v1/reports')
export class ReportsController {
  constructor(private readonly query: ReportsQuery) {}

  @Get()
  @Answers(reportPage, { summary: 'Reports, newest first', description: 'Without their results.' })
  listReports(@Query({ schema: listParameters }) parameters: ListParameters): Promise<ReportPage> {
    return this.query.list(parameters);
  }

  @Get(':id')
  @Answers(reportAnswer, {
    summary: 'One report',
    description: 'As it was stored; a report never changes. With `Accept: text/html` a page to print.',
    notFound: 'There is no report with this id.',
  })
  @ApiProduces('application/json', 'text/html')
  async getReport(
    @Param({ schema: reportPath }) { id }: z.output<typeof reportPath>,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: HeaderReply,
  ): Promise<ReportAnswer | string> {
    const report = await this.query.one(id);
    if (!prefersHtml(accept)) {
      return report;
    }
    reply.header('content-type', 'text/html; charset=utf-8');
    reply.header('content-security-policy', PAGE_POLICY);
    return reportHtml(report);
  }

  @Post()
  @HttpCode(201)
  @Creates(reportAnswer, {
    summary: 'Store a report',
    description:
      'Answers yield, defects, bins, the map of a lot and control charts from one snapshot and stores them with their SHA-256. What a route refuses is in the report as its `problem`.',
    notFound: 'The report was removed right after it was stored.',
  })
  async createReport(
    @Body({ schema: reportRequest }) request: ReportRequest,
    @Res({ passthrough: true }) reply: HeaderReply,
  ): Promise<ReportAnswer> {
    requireOwn(request);
    const report = await this.query.create(request);
    reply.header('location', `/v1/reports/${report.id}`);
    return report;
  }
}

/** A browser names text/html first; a program names application/json, anything or nothing. */
const prefersHtml = (accept = ''): boolean => {
  const html = accept.indexOf('text/html');
  const json = accept.indexOf('application/json');
  return html !== -1 && (json === -1 || html < json);
};
