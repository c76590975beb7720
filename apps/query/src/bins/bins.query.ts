import { Injectable } from '@nestjs/common';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { groupedPareto, MAX_BARS, requireFewBars } from '../attempts/grouped-pareto.ts';
import { readyToCount } from '../attempts/ready-to-count.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { binCounts } from './bin-pareto.sql.ts';
import { type ParetoAnswer, type ParetoParameters } from './bins-answer.ts';

/** Counts units by bin. */
@Injectable()
export class BinsQuery {
  constructor(private readonly snapshots: Snapshots) {}

  pareto(asked: ParetoParameters): Promise<ParetoAnswer> {
    const { bin, policy, result } = asked;
    return this.snapshots.answer(async (snapshot) => {
      const parameters = await readyToCount(snapshot, asked);
      const rows = await binCounts(snapshot, parameters, bin, MAX_BARS + 1);
      requireFewBars(rows);
      const binned = rows.filter((row): row is typeof row & { key: number } => row.key !== null);
      const verdict = result === undefined ? '' : ` that ${result}`;
      return {
        definition: `${policy === 'all' ? 'Attempts' : 'Units'}${verdict} by ${bin} bin. ${describeChoice(parameters, 'unit')} Shares are of ${policy === 'all' ? 'the attempts' : 'the units'}${verdict} with a bin.`,
        definition_id: `bins.${bin}/2`,
        ...groupedPareto(binned, parameters, (same, count) => ({
          key: same[0]?.key ?? 0,
          count,
          passed: same.reduce((sum, { passed }) => sum + passed, 0),
        })),
        totals: {
          count: binned.reduce((sum, row) => sum + row.count, 0),
          without_bin: rows.reduce((sum, { key, count }) => sum + (key === null ? count : 0), 0),
        },
      };
    });
  }
}
