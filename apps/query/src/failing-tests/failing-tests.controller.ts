import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import {
  type FailingTestsAnswer,
  failingTestsAnswer,
  type FailingTestsParameters,
  failingTestsParameters,
} from './failing-tests-answer.ts';
import { FailingTestsQuery } from './failing-tests.query.ts';

@ApiTags('Bins')
@Controller('v1/tests/pareto')
export class FailingTestsController {
  constructor(private readonly query: FailingTestsQuery) {}

  @Get()
  @Answers(failingTestsAnswer, {
    summary: 'Units by the test that they fail',
    description:
      'Most frequent test first, with the fraction of the units that reached it. Says when the tester stops at the first failing test.',
  })
  getFailingTests(
    @Query({ schema: failingTestsParameters }) parameters: FailingTestsParameters,
  ): Promise<FailingTestsAnswer> {
    return this.query.answer(parameters);
  }
}
