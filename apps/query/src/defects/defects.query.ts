import { Injectable } from '@nestjs/common';
import { namedGroups } from '../attempts/attempt-groups.ts';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { groupedPareto, MAX_BARS, requireFewBars } from '../attempts/grouped-pareto.ts';
import { readyToCount } from '../attempts/ready-to-count.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { type DensityCounts, densityCounts } from './defect-density.sql.ts';
import { defectCounts } from './defect-pareto.sql.ts';
import {
  type DensityAnswer,
  type DensityParameters,
  type ParetoAnswer,
  type ParetoParameters,
} from './defects-answer.ts';

/** Counts defects, and relates them to the inspected area. */
@Injectable()
export class DefectsQuery {
  constructor(private readonly snapshots: Snapshots) {}

  pareto(asked: ParetoParameters): Promise<ParetoAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const parameters = await readyToCount(snapshot, asked);
      const { by } = parameters;
      const rows = await defectCounts(snapshot, parameters, by, MAX_BARS + 1);
      requireFewBars(rows);
      return {
        definition: `Defects found by the counted attempts, by ${by}. ${describeChoice(parameters, 'operation')}`,
        definition_id: 'defects.pareto/2',
        ...groupedPareto(rows, parameters, ([row], count) => ({
          key: row?.key ?? null,
          ...(by === 'lot' && { site: row?.site ?? '' }),
          count,
        })),
        totals: { count: rows.reduce((sum, row) => sum + row.count, 0) },
      };
    });
  }

  density(asked: DensityParameters): Promise<DensityAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const parameters = await readyToCount(snapshot, asked);
      const rows = await densityCounts(snapshot, parameters);
      const totals = rows.find((row) => row.total) ?? NOTHING;
      return {
        definition: `D0 = defects / inspected area (cm2), from the sums over the counted attempts. ${describeChoice(parameters, 'operation')} Attempts without an inspected area are excluded together with their defects.`,
        definition_id: 'defects.density/2',
        ...namedGroups(rows, parameters, figuresOf, (shown) => figuresOf(restOf(totals, shown))),
        totals: figuresOf(totals),
      };
    });
  }
}

type Sums = Pick<DensityCounts, 'defects' | 'inspected_area_cm2' | 'attempts' | 'attempts_without_area'>;
const NOTHING: Sums = { defects: 0, inspected_area_cm2: 0, attempts: 0, attempts_without_area: 0 };

/** What the shown groups leave of the total. */
function restOf(total: Sums, shown: readonly Sums[]): Sums {
  const sumOf = (figure: keyof Sums): number => shown.reduce((sum, group) => sum + group[figure], 0);
  const attempts = total.attempts - sumOf('attempts');
  const attempts_without_area = total.attempts_without_area - sumOf('attempts_without_area');
  // Rounded sums would otherwise leave a tiny area without defects.
  const area = attempts === attempts_without_area ? 0 : total.inspected_area_cm2 - sumOf('inspected_area_cm2');
  return {
    defects: total.defects - sumOf('defects'),
    inspected_area_cm2: Math.max(0, area),
    attempts,
    attempts_without_area,
  };
}

const figuresOf = ({ defects, inspected_area_cm2, attempts, attempts_without_area }: Sums) => ({
  defects,
  inspected_area_cm2,
  density_per_cm2: inspected_area_cm2 > 0 ? defects / inspected_area_cm2 : null,
  attempts,
  attempts_without_area,
});
