import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type z } from 'zod';
import { Answers, Creates, Stores } from '../http/documented-route.ts';
import {
  type AnnotationItem,
  annotationItem,
  type AnnotationPage,
  annotationPage,
  annotationPath,
  type AnnotationRequest,
  annotationRequest,
  type ListParameters,
  listParameters,
  type WithdrawalRequest,
  withdrawalRequest,
} from './annotation-answer.ts';
import { AnnotationsQuery } from './annotations.query.ts';

interface HeaderReply {
  header(name: string, value: string): unknown;
}

const NOT_FOUND = 'There is no annotation with this id.';

@ApiTags('Catalogue')
@Controller('v1/annotations')
export class AnnotationsController {
  constructor(private readonly query: AnnotationsQuery) {}

  @Get()
  @Answers(annotationPage, {
    summary: 'Notes on charts',
    description:
      'Latest first, with author. A filter matches notes of that name and notes that name none, so that the question of a chart finds every note that concerns it.',
  })
  listAnnotations(@Query({ schema: listParameters }) parameters: ListParameters): Promise<AnnotationPage> {
    return this.query.list(parameters);
  }

  @Get(':id')
  @Answers(annotationItem, {
    summary: 'One note',
    description: 'As it was stored; a note never changes, and stays readable after its withdrawal.',
    notFound: NOT_FOUND,
  })
  getAnnotation(@Param({ schema: annotationPath }) { id }: z.output<typeof annotationPath>): Promise<AnnotationItem> {
    return this.query.one(id);
  }

  @Post()
  @HttpCode(201)
  @Creates(annotationItem, {
    summary: 'Note something on charts',
    description:
      'Stores what happened at a time, for the charts of a measurement, product, step, site or machine: those that it names, or all. It is in the audit trail with its author.',
    notFound: 'The note was removed right after it was stored.',
  })
  async createAnnotation(
    @Body({ schema: annotationRequest }) request: AnnotationRequest,
    @Res({ passthrough: true }) reply: HeaderReply,
  ): Promise<AnnotationItem> {
    const created = await this.query.create(request);
    reply.header('location', `/v1/annotations/${created.id}`);
    return created;
  }

  @Post(':id/withdrawal')
  @HttpCode(200)
  @Stores(annotationItem, {
    summary: 'Withdraw a note',
    description: 'Charts no longer show it; it stays stored with the reason. Withdrawing it again changes nothing.',
    notFound: NOT_FOUND,
  })
  withdrawAnnotation(
    @Param({ schema: annotationPath }) { id }: z.output<typeof annotationPath>,
    @Body({ schema: withdrawalRequest }) request: WithdrawalRequest,
  ): Promise<AnnotationItem> {
    return this.query.withdraw(id, request);
  }
}
