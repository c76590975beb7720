import { type Break, BREAKS, type Subgroup } from '../measured/measured-samples.sql.ts';
import { type Chart, DATA_OF } from './chart-request.ts';

export const isOfCounts = (chart: Chart): boolean => DATA_OF[chart] === 'counts';

/** The subgroup of a question, given or by default. */
export const subgroupOf = ({ subgroup, chart }: { subgroup?: Subgroup | undefined; chart: Chart }): Subgroup =>
  subgroup ?? (DATA_OF[chart] === 'values' ? 1 : 'lot');

/** Breaks that can lie between samples: a wafer lies within a lot, and each lot has only one sample. */
export function breaksBetween(subgroup: Subgroup): readonly Break[] {
  switch (subgroup) {
    case 1:
      return BREAKS;
    case 'wafer':
      return ['none', 'lot', 'product'];
    case 'lot':
      return ['none', 'product'];
    default:
      return ['none'];
  }
}
