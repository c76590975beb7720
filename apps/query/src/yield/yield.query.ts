import { Injectable } from '@nestjs/common';
import { readyToCount } from '../attempts/ready-to-count.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { rolledThroughputCounts } from './rolled-throughput.sql.ts';
import { answerRolledThroughput, answerYield, policyOf } from './yield-answer.ts';
import { type YieldAnswer, type YieldParameters } from './yield-parameters.ts';
import { yieldCounts } from './yield.sql.ts';

/** Computes every kind of yield. */
@Injectable()
export class YieldQuery {
  constructor(private readonly snapshots: Snapshots) {}

  answer(asked: YieldParameters): Promise<YieldAnswer> {
    const { kind } = asked;
    return this.snapshots.answer(async (snapshot) => {
      const parameters = await readyToCount(snapshot, asked);
      if (kind === 'rolled_throughput') {
        return answerRolledThroughput(await rolledThroughputCounts(snapshot, parameters), parameters);
      }
      const question = { ...parameters, policy: policyOf(kind, parameters.policy) };
      return answerYield(await yieldCounts(snapshot, question), question);
    });
  }
}
