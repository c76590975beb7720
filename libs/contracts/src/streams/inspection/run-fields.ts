/**
 * The fields in which a machine describes a run of an inspection. The event, both tables, the merge and every answer derive
 * from this one list; see docs/extending.md to add a column.
 */
import { z } from 'zod';
import { MAX_INTEGER, MAX_MAGNITUDE, MIN_INTEGER } from '../../numbers.ts';
import { machineText } from '../../text.ts';

/** Kinds of fields: text of 1 to 100 characters, 32-bit integer, number above 0. */
type RunFieldKind = 'name' | 'integer' | 'positive';

export const RUN_FIELDS = {
  equipment_id: 'name',
  recipe: 'name',
  product: 'name',
  wafer_id: 'name',
  die_x: 'integer',
  die_y: 'integer',
  hard_bin: 'integer',
  soft_bin: 'integer',
  inspected_area_cm2: 'positive',
} as const satisfies Readonly<Record<string, RunFieldKind>>;

export type RunField = keyof typeof RUN_FIELDS;
/** A value per field. */
export type RunValues = { [Field in RunField]: (typeof RUN_FIELDS)[Field] extends 'name' ? string : number };
/** Maps each field to the entry of `Kinds` for its kind. */
export type OfRunFields<Kinds extends Readonly<Record<RunFieldKind, unknown>>> = {
  [Field in RunField]: Kinds[(typeof RUN_FIELDS)[Field]];
};

export const RUN_FIELD_NAMES = Object.keys(RUN_FIELDS) as readonly RunField[];

/** Maps each field to the entry of `kinds` for its kind. */
export const ofRunFields = <Kinds extends Readonly<Record<RunFieldKind, unknown>>>(kinds: Kinds): OfRunFields<Kinds> =>
  Object.fromEntries(RUN_FIELD_NAMES.map((field) => [field, kinds[RUN_FIELDS[field]]])) as OfRunFields<Kinds>;

/** The fields of `given`, with `absent` in place of null and undefined. */
export function runValues<Absent extends null | undefined>(
  given: { readonly [Field in RunField]?: RunValues[Field] | null | undefined } | undefined,
  absent: Absent,
): { [Field in RunField]: RunValues[Field] | Absent } {
  const values: Partial<Record<RunField, string | number | Absent>> = {};
  for (const field of RUN_FIELD_NAMES) {
    values[field] = given?.[field] ?? absent;
  }
  return values as { [Field in RunField]: RunValues[Field] | Absent };
}

/** Schema of each field in an event. */
export const runFieldSchemas = ofRunFields({
  name: machineText(1, 100).nullish(),
  integer: z.int().min(MIN_INTEGER).max(MAX_INTEGER).nullish(),
  positive: z.number().positive().max(MAX_MAGNITUDE).nullish(),
});
