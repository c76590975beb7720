import { pareto } from '@chip/quality';
import { Injectable } from '@nestjs/common';
import { namedGroups } from '../attempts/attempt-groups.ts';
import { describeChoice } from '../attempts/chosen-attempts.ts';
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

  pareto(parameters: ParetoParameters): Promise<ParetoAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const bars = pareto(await defectCounts(snapshot, parameters, parameters.by));
      return {
        definition: `Defects found by the counted attempts, by ${parameters.by}. ${describeChoice(parameters, 'operation')}`,
        definition_id: 'defects.pareto/2',
        groups: bars.map(({ site, ...bar }) => (parameters.by === 'lot' ? { ...bar, site: site ?? '' } : bar)),
        totals: { count: bars.reduce((sum, bar) => sum + bar.count, 0) },
      };
    });
  }

  density(parameters: DensityParameters): Promise<DensityAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const rows = await densityCounts(snapshot, parameters);
      const total = rows.find((row) => row.total);
      return {
        definition: `D0 = defects / inspected area (cm2), from the sums over the counted attempts. ${describeChoice(parameters, 'operation')} Attempts without an inspected area are excluded together with their defects.`,
        definition_id: 'defects.density/2',
        groups: namedGroups(rows, parameters.group_by, figuresOf),
        totals: figuresOf(total ?? { defects: 0, inspected_area_cm2: 0, attempts: 0, attempts_without_area: 0 }),
      };
    });
  }
}

const figuresOf = ({
  defects,
  inspected_area_cm2,
  attempts,
  attempts_without_area,
}: Pick<DensityCounts, 'defects' | 'inspected_area_cm2' | 'attempts' | 'attempts_without_area'>) => ({
  defects,
  inspected_area_cm2,
  density_per_cm2: inspected_area_cm2 > 0 ? defects / inspected_area_cm2 : null,
  attempts,
  attempts_without_area,
});
