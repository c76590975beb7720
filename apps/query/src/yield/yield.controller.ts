import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import { type YieldAnswer, type YieldParameters, yieldAnswer, yieldParameters } from './yield-parameters.ts';
import { YieldQuery } from './yield.query.ts';

@ApiTags('Yield')
@Controller('v1/yield')
export class YieldController {
  constructor(private readonly query: YieldQuery) {}

  @Get()
  @Answers(yieldAnswer, {
    summary: 'Yield of units, with its definition',
    description:
      'A die is often tested more than once, so final, first-pass and insertion yield of the same data differ. Every answer states in `definition` which one it is.',
  })
  getYield(@Query({ schema: yieldParameters }) parameters: YieldParameters): Promise<YieldAnswer> {
    return this.query.answer(parameters);
  }
}
