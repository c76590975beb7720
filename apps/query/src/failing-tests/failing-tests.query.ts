import { pareto } from '@chip/quality';
import { Injectable } from '@nestjs/common';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { requireOneOperation } from '../attempts/one-operation.ts';
import { readyToCount } from '../attempts/ready-to-count.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { type FailingTestsAnswer, type FailingTestsParameters } from './failing-tests-answer.ts';
import { operationsOfTests, testCounts } from './failing-tests.sql.ts';

/** Share of failing units that end at their failing test, from which on the tester is said to stop there. */
const STOPS = 0.5;

/** Counts which tests units fail. */
@Injectable()
export class FailingTestsQuery {
  constructor(private readonly snapshots: Snapshots) {}

  answer(asked: FailingTestsParameters): Promise<FailingTestsAnswer> {
    const { count: countedAs, top, mix } = asked;
    return this.snapshots.answer(async (snapshot) => {
      const question = await readyToCount(snapshot, asked);
      if (mix === undefined) {
        requireOneOperation(await operationsOfTests(snapshot, question));
      }
      const { tests, units } = await testCounts(snapshot, question);
      const bars = pareto(
        tests.map(({ key, reached, failed, first_failed }) => ({
          key,
          count: countedAs === 'first' ? first_failed : failed,
          failed,
          reached,
          fail_fraction: failed / reached,
        })),
      );
      const rest = top === undefined ? [] : bars.slice(top);
      const sum = (of: readonly { count: number }[]): number => of.reduce((total, bar) => total + bar.count, 0);
      const { failing, stopped } = units;
      const isStopping = failing > 0 && stopped / failing >= STOPS;
      return {
        definition: `Units by the test that they fail: value outside the limits that the machine tested by (below lower_limit or above upper_limit), in the order of the measurements; ${
          countedAs === 'first'
            ? 'each unit counts once, for its first failing test'
            : 'a unit counts for every test that it fails'
        }. Units reach a test when they have a value of it; fail_fraction is of these, so that tests after a stop on fail are not compared by units that never reached them. ${describeChoice(question, 'operation')}`,
        definition_id: `tests.pareto.${countedAs}/1`,
        ...(isStopping && {
          warning: `${stopped} of ${failing} failing units have no value after their first failing test: the tester stops on fail. Later tests are reached by fewer units, so compare fail_fraction, not counts.`,
        }),
        groups: bars.slice(0, top),
        ...(rest.length > 0 && { other: { keys: rest.length, count: sum(rest), share: sum(rest) / sum(bars) } }),
        totals: {
          units: units.units,
          failing,
          stopped,
          failed_without_test: units.failed_without_test,
        },
      };
    });
  }
}
