import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Needs } from '../access/rights.ts';
import { Answers } from '../http/documented-route.ts';
import { type PipelineAnswer, pipelineAnswer } from './pipeline-answer.ts';
import { PipelineQuery } from './pipeline.query.ts';

@ApiTags('Operation')
@Controller('v1/pipeline')
@Needs('operation')
export class PipelineController {
  constructor(private readonly query: PipelineQuery) {}

  @Get()
  @Answers(pipelineAnswer, {
    summary: 'Progress of each partition',
    description: 'Position, lag in events and seconds, state with reason, and counters, per partition and per topic.',
  })
  getPipeline(): Promise<PipelineAnswer> {
    return this.query.answer();
  }
}
