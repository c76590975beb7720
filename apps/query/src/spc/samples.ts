import { type MeasuredValue, type Subgroup } from './spc.query.ts';

/** What a point of a chart stands for. */
export interface Sample {
  /** Lot, wafer, day, or the chip of a single value; null where the machine gave none. */
  readonly key: string | null;
  readonly site: string | null;
  readonly lot_id: string | null;
  readonly first_at: string;
  readonly last_at: string;
  readonly values: readonly (number | null)[];
}

/**
 * Forms samples from values in the order of completion; samples are ordered by their first value. Groups of n take n
 * values one after the other, and what is left over at the end forms none.
 */
export function formSamples(values: readonly MeasuredValue[], subgroup: Subgroup): Sample[] {
  const groups = new Map<string, MeasuredValue[]>();
  for (const [i, value] of values.entries()) {
    const group = groupOf(value, i, subgroup);
    const members = groups.get(group);
    if (members) members.push(value);
    else groups.set(group, [value]);
  }
  const samples = [...groups.values()].map((members) => sampleOf(members, subgroup));
  return typeof subgroup === 'number' ? samples.filter((sample) => sample.values.length === subgroup) : samples;
}

const groupOf = ({ site, lot_id, wafer_id, completed_at }: MeasuredValue, i: number, subgroup: Subgroup): string => {
  switch (subgroup) {
    case 'lot':
      return JSON.stringify([site, lot_id]);
    case 'wafer':
      return JSON.stringify([site, lot_id, wafer_id]);
    case 'day':
      return completed_at.slice(0, 10);
    default:
      return String(Math.floor(i / subgroup));
  }
};

function sampleOf(members: readonly MeasuredValue[], subgroup: Subgroup): Sample {
  const first = members[0] as MeasuredValue;
  const last = members.at(-1) as MeasuredValue;
  const isOfLot = subgroup === 'lot' || subgroup === 'wafer' || subgroup === 1;
  const key = { lot: first.lot_id, wafer: first.wafer_id, day: first.completed_at.slice(0, 10) };
  return {
    key: typeof subgroup === 'number' ? (subgroup === 1 ? first.chip_id : null) : key[subgroup],
    site: isOfLot ? first.site : null,
    lot_id: isOfLot ? first.lot_id : null,
    first_at: first.completed_at,
    last_at: last.completed_at,
    values: members.map(({ value }) => value),
  };
}
