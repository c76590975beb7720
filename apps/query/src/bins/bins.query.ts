import { pareto } from '@chip/quality';
import { Injectable } from '@nestjs/common';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { binCounts } from './bin-pareto.sql.ts';
import { type ParetoAnswer, type ParetoParameters } from './bins-answer.ts';

/** Counts units by bin. */
@Injectable()
export class BinsQuery {
  constructor(private readonly snapshots: Snapshots) {}

  pareto(parameters: ParetoParameters): Promise<ParetoAnswer> {
    const { bin, policy, result } = parameters;
    return this.snapshots.answer(async (snapshot) => {
      const rows = await binCounts(snapshot, parameters, bin);
      const binned = rows.filter((row): row is typeof row & { key: number } => row.key !== null);
      const verdict = result === undefined ? '' : ` that ${result}`;
      return {
        definition: `${policy === 'all' ? 'Attempts' : 'Units'}${verdict} by ${bin} bin. ${describeChoice(parameters, 'unit')} Shares are of ${policy === 'all' ? 'the attempts' : 'the units'}${verdict} with a bin.`,
        definition_id: `bins.${bin}/2`,
        groups: pareto(binned),
        totals: {
          count: binned.reduce((sum, row) => sum + row.count, 0),
          without_bin: rows.find((row) => row.key === null)?.count ?? 0,
        },
      };
    });
  }
}
