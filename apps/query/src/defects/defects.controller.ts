import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import {
  type DensityAnswer,
  type DensityParameters,
  type ParetoAnswer,
  type ParetoParameters,
  densityAnswer,
  densityParameters,
  paretoAnswer,
  paretoParameters,
} from './defects-answer.ts';
import { DefectsQuery } from './defects.query.ts';

@ApiTags('Defects')
@Controller('v1/defects')
export class DefectsController {
  constructor(private readonly query: DefectsQuery) {}

  @Get('pareto')
  @Answers(paretoAnswer, {
    summary: 'Defects by class, equipment, lot or severity',
    description: 'Most frequent first, with shares and cumulative shares; equal counts by name.',
  })
  getDefectPareto(@Query({ schema: paretoParameters }) parameters: ParetoParameters): Promise<ParetoAnswer> {
    return this.query.pareto(parameters);
  }

  @Get('density')
  @Answers(densityAnswer, {
    summary: 'Defects per inspected area',
    description: 'D0: defects / inspected area in cm2, computed from the sums, never as a mean of densities.',
  })
  getDefectDensity(@Query({ schema: densityParameters }) parameters: DensityParameters): Promise<DensityAnswer> {
    return this.query.density(parameters);
  }
}
