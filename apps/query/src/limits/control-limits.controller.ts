import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { requireOwn } from '../access/require-own.ts';
import { Answers, Creates } from '../http/documented-route.ts';
import {
  type ControlLimitsItem,
  controlLimitsItem,
  type ControlLimitsPage,
  controlLimitsPage,
  type ControlLimitsRequest,
  controlLimitsRequest,
  limitsPath,
  type ListParameters,
  listParameters,
} from './control-limits-answer.ts';
import { ControlLimitsQuery } from './control-limits.query.ts';

interface HeaderReply {
  header(name: string, value: string): unknown;
}

@ApiTags('Catalogue')
@Controller('v1/control-limits')
export class ControlLimitsController {
  constructor(private readonly query: ControlLimitsQuery) {}

  @Get()
  @Answers(controlLimitsPage, {
    summary: 'Frozen control limits',
    description: 'Every version, newest first, with its author, baseline and exclusions.',
  })
  listControlLimits(@Query({ schema: listParameters }) parameters: ListParameters): Promise<ControlLimitsPage> {
    return this.query.list(parameters);
  }

  @Get(':id')
  @Answers(controlLimitsItem, {
    summary: 'One version of control limits',
    description: 'The version as stored; versions never change.',
    notFound: 'There are no control limits with this id.',
  })
  getControlLimits(@Param({ schema: limitsPath }) { id }: z.output<typeof limitsPath>): Promise<ControlLimitsItem> {
    return this.query.one(id);
  }

  @Post()
  @HttpCode(201)
  @Creates(controlLimitsItem, {
    summary: 'Freeze control limits',
    description:
      'Computes the limits of a chart from a baseline, or takes the given ones, and stores them as the next version for this parameter, chart, subgroup and filters. Charts use them with `limits=current` or their id.',
    notFound: 'The limits were removed right after they were stored.',
  })
  async createControlLimits(
    @Body({ schema: controlLimitsRequest }) request: ControlLimitsRequest,
    @Res({ passthrough: true }) reply: HeaderReply,
  ): Promise<ControlLimitsItem> {
    requireOwn(request);
    const created = await this.query.create(request);
    reply.header('location', `/v1/control-limits/${created.id}`);
    return created;
  }
}
