import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Needs } from '../access/rights.ts';
import { Answers } from '../http/documented-route.ts';
import {
  answerModels,
  type ModelParameters,
  modelParameters,
  type ModelsAnswer,
  modelsAnswer,
} from './yield-models-answer.ts';

@ApiTags('Yield')
@Controller('v1/yield/models')
export class YieldModelsController {
  @Get()
  @Needs('evaluate')
  @Answers(modelsAnswer, {
    summary: 'Yield models: from defect density to yield, and back',
    description:
      'Poisson, Murphy, exponential and negative binomial on numbers that you give: a defect density and a die area, a yield, or defects and units. Reads no stored data.',
  })
  getYieldModels(@Query({ schema: modelParameters }) parameters: ModelParameters): ModelsAnswer {
    return answerModels(parameters);
  }
}
