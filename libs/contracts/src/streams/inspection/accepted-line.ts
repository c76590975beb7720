/**
 * An accepted inspection as a line of a block (payload `json-lines/inspection/2`):
 *
 * ```text
 * facts [ TAB values TAB set ] NEWLINE
 * ```
 * facts is an `AcceptedInspection` as JSON, without measurements, but with `measurement_count` where the machine sent a
 * list. values is the text of a PostgreSQL array of numbers, ready for COPY; set is JSON with the names, units and limits
 * that belong to them, in the same order. Both are there if the list is not empty. JSON holds no raw tab, and the values
 * need no escape. Earlier blocks (`ndjson/inspection/1`) have the whole event as JSON, so their lines are facts alone.
 */
import type { Measurement } from './inspection-event.ts';

const TAB = 9;

/** Names, units and limits of measurements, one array each; null where there is none. */
interface MeasurementSetContent {
  readonly names: readonly string[];
  readonly units: readonly (string | null)[];
  readonly lower_limits: readonly (number | null)[];
  readonly upper_limits: readonly (number | null)[];
}

/** What measurements have in common with those of other events, as JSON. Equal content gives equal text. */
export const measurementSetText = (measurements: readonly Measurement[]): string =>
  JSON.stringify({
    names: measurements.map(({ name }) => name),
    units: measurements.map(({ unit }) => unit ?? null),
    lower_limits: measurements.map(({ lower_limit }) => lower_limit ?? null),
    upper_limits: measurements.map(({ upper_limit }) => upper_limit ?? null),
  } satisfies MeasurementSetContent);

/** The values as text of a PostgreSQL array, which differs from a JSON array in its brackets only. */
export const measurementValuesText = (measurements: readonly Measurement[]): string =>
  `{${JSON.stringify(measurements.map(({ value }) => value)).slice(1, -1)}}`;

/** The parts of a line; without its newline. */
export interface LineParts {
  readonly facts: Buffer;
  readonly values: Buffer | undefined;
  readonly set: Buffer | undefined;
}

export function lineParts(line: Buffer): LineParts {
  const end = line.at(-1) === 10 ? line.length - 1 : line.length;
  const first = line.indexOf(TAB);
  if (first < 0) {
    return { facts: line.subarray(0, end), values: undefined, set: undefined };
  }
  const second = line.indexOf(TAB, first + 1);
  return {
    facts: line.subarray(0, first),
    values: line.subarray(first + 1, second),
    set: line.subarray(second + 1, end),
  };
}

/** The measurements that a line keeps as values and set, as a machine would send them. */
export function measurementsOf({ values, set }: LineParts): Measurement[] {
  if (values === undefined || set === undefined) {
    return [];
  }
  const { names, units, lower_limits, upper_limits } = JSON.parse(set.toString()) as MeasurementSetContent;
  const numbers = JSON.parse(`[${values.toString().slice(1, -1)}]`) as (number | null)[];
  return names.map((name, i) => ({
    name,
    value: numbers[i] ?? null,
    ...(units[i] == null ? {} : { unit: units[i] }),
    ...(lower_limits[i] == null ? {} : { lower_limit: lower_limits[i] }),
    ...(upper_limits[i] == null ? {} : { upper_limit: upper_limits[i] }),
  }));
}
