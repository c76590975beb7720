import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import {
  type YieldLimitsAnswer,
  yieldLimitsAnswer,
  type YieldLimitsParameters,
  yieldLimitsParameters,
} from './yield-limits-answer.ts';
import { YieldLimitsQuery } from './yield-limits.query.ts';

@ApiTags('Yield')
@Controller('v1/yield/limits')
export class YieldLimitsController {
  constructor(private readonly query: YieldLimitsQuery) {}

  @Get()
  @Answers(yieldLimitsAnswer, {
    summary: 'Statistical yield and bin limits of a product, and which lots exceed them',
    description:
      'Limits from the latest lots of the product (SYL and SBL of AEC-Q002), and a verdict on each lot. Lots named for judgement do not contribute to the limits.',
  })
  getYieldLimits(
    @Query({ schema: yieldLimitsParameters }) parameters: YieldLimitsParameters,
  ): Promise<YieldLimitsAnswer> {
    return this.query.answer(parameters);
  }
}
