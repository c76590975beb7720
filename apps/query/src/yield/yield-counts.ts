import { type GroupRow } from '../attempts/attempt-groups.ts';

/** Counts of one group, or of everything. */
interface YieldCounts extends GroupRow {
  readonly units: number;
  readonly passed: number;
}

/** A group, the total of one inspection type, or the total of all. */
export interface YieldRow extends YieldCounts {
  readonly inspection_type: string | null;
}

export interface CountedYield {
  readonly groups: YieldCounts[];
  readonly total: YieldCounts;
  /** Counted inspection types, by name. */
  readonly inspectionTypes: string[];
}

export function splitCounts(rows: readonly YieldRow[]): CountedYield {
  const groups: YieldCounts[] = [];
  const inspectionTypes: string[] = [];
  let total: YieldCounts = { total: true, key: null, site: null, lot_id: null, units: 0, passed: 0 };
  for (const { inspection_type, ...counts } of rows) {
    if (inspection_type !== null) {
      inspectionTypes.push(inspection_type);
    } else if (counts.total) {
      total = counts;
    } else {
      groups.push(counts);
    }
  }
  return { groups, total, inspectionTypes: inspectionTypes.sort() };
}
