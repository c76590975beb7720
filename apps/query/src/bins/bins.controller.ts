import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import { type ParetoAnswer, type ParetoParameters, paretoAnswer, paretoParameters } from './bins-answer.ts';
import { BinsQuery } from './bins.query.ts';

@ApiTags('Bins')
@Controller('v1/bins')
export class BinsController {
  constructor(private readonly query: BinsQuery) {}

  @Get('pareto')
  @Answers(paretoAnswer, {
    summary: 'Units by bin',
    description: 'Most frequent bin first, with shares and cumulative shares; equal counts by bin number.',
  })
  getBinPareto(@Query({ schema: paretoParameters }) parameters: ParetoParameters): Promise<ParetoAnswer> {
    return this.query.pareto(parameters);
  }
}
