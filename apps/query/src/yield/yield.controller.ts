import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { rolledThroughputCounts } from './rolled-throughput.sql.ts';
import { answerRolledThroughput, answerYield, policyOf } from './yield-answer.ts';
import { yieldAnswer, yieldParameters, type YieldAnswer, type YieldParameters } from './yield-parameters.ts';
import { yieldCounts } from './yield.sql.ts';

@ApiTags('Yield')
@Controller('v1/yield')
export class YieldController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get()
  @Answers(yieldAnswer, {
    summary: 'Yield of units, with its definition',
    description:
      'One die is often tested more than once, and final, first-pass and insertion yield of the same data differ. Every answer says in `definition` which one it is.',
  })
  answer(@Query({ schema: yieldParameters }) parameters: YieldParameters): Promise<YieldAnswer> {
    const { kind } = parameters;
    return this.snapshots.answer(async (snapshot) => {
      if (kind === 'rolled_throughput') {
        return answerRolledThroughput(await rolledThroughputCounts(snapshot, parameters), parameters);
      }
      const question = { ...parameters, policy: policyOf(kind, parameters.policy) };
      return answerYield(await yieldCounts(snapshot, question), question);
    });
  }
}
