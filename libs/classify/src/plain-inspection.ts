/**
 * Checks ordinary inspections by hand, because the schema costs several times as much. Every check here is at least as
 * strict as the schema's; a property test compares the two.
 */
import {
  type Defect,
  DEFECT_FIELDS,
  hasLength,
  type InspectionEvent,
  isMeasurable,
  MAX_DEFECTS,
  MAX_INTEGER,
  MAX_MAGNITUDE,
  MAX_MEASUREMENTS,
  MAX_METADATA_BYTES,
  type Measurement,
  MEASUREMENT_FIELDS,
  MIN_INTEGER,
  ofRunFields,
  parseTime,
} from '@chip/contracts';
import { isObject } from './read-json.ts';

type Check = (value: unknown) => boolean;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const isText = (value: unknown, min: number, max: number): value is string =>
  typeof value === 'string' && hasLength(value, min, max);
const isInteger = (value: unknown, min: number, max: number): boolean =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
const isNumber = (value: unknown, min = -Infinity): boolean => Number.isFinite(value) && (value as number) >= min;
const isName: Check = (value) => isText(value, 1, 100);
const isTime: Check = (value) => !Number.isNaN(parseTime(value));
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

/** Whether an object has these fields at most. Also those that it inherits count, of which it has none from JSON. */
const hasOnly = (item: object, fields: ReadonlySet<string>): boolean => {
  for (const key in item) {
    if (!fields.has(key)) {
      return false;
    }
  }
  return true;
};

const isMeasurement = (item: unknown): boolean => {
  if (!isObject(item) || !hasOnly(item, MEASUREMENT_FIELDS)) {
    return false;
  }
  const { name, value, unit, lower_limit, upper_limit } = item as Partial<Measurement>;
  return (
    isText(name, 1, 200) &&
    (value === null || (typeof value === 'number' && isMeasurable(value))) &&
    (unit == null || isText(unit, 0, 50)) &&
    (lower_limit == null || isNumber(lower_limit)) &&
    (upper_limit == null || isNumber(upper_limit))
  );
};

const isDefect = (item: unknown): boolean => {
  if (!isObject(item) || !hasOnly(item, DEFECT_FIELDS)) {
    return false;
  }
  const { severity, confidence, ...d } = item as Partial<Defect>;
  return (
    isName(d.class) &&
    isNumber(d.x_um) &&
    isNumber(d.y_um) &&
    (d.area_um2 == null || isNumber(d.area_um2, 0)) &&
    (d.size_um == null || isNumber(d.size_um, 0)) &&
    (severity == null || isText(severity, 0, 50) || isNumber(severity)) &&
    (confidence == null || (isNumber(confidence, 0) && confidence <= 1)) &&
    (d.image_uri == null || isText(d.image_uri, 0, 2048))
  );
};

/** Flat metadata of short values. */
const isMetadata: Check = (value) => {
  if (!isObject(value)) {
    return false;
  }
  for (const key in value) {
    const item = value[key];
    const isPlain = item === null || typeof item === 'string' || typeof item === 'boolean' || Number.isFinite(item);
    if (!isPlain || key === '__proto__') {
      return false;
    }
  }
  const text = JSON.stringify(value);
  return text.length <= MAX_METADATA_BYTES / 3 || Buffer.byteLength(text) <= MAX_METADATA_BYTES;
};

const isListOf = (check: Check, max: number): Check =>
  orNull((value) => Array.isArray(value) && value.length <= max && value.every(check));

/** A field without a check here sends the event to the schema: `voids` and `reason` belong to withdrawals. */
const CHECKS: ReadonlyMap<string, Check> = new Map(
  Object.entries({
    event_id: (value) => typeof value === 'string' && UUID.test(value),
    site: orNull((value) => isText(value, 0, 100)),
    lot_id: isName,
    chip_id: isName,
    inspection_type: (value) => isText(value, 1, 50),
    status: (value) => value === 'completed' || value === 'failed' || value === 'cancelled',
    result: orNull((value) => value === 'pass' || value === 'fail'),
    attempt: orNull((value) => isInteger(value, 1, MAX_INTEGER)),
    run_id: orNull(isName),
    priority: orNull((value) => isInteger(value, 1, 10)),
    occurred_at: isTime,
    started_at: orNull(isTime),
    completed_at: orNull(isTime),
    step: orNull(isName),
    ...ofRunFields({
      name: orNull(isName),
      integer: orNull((value) => isInteger(value, MIN_INTEGER, MAX_INTEGER)),
      positive: orNull((value) => isNumber(value, Number.MIN_VALUE) && (value as number) <= MAX_MAGNITUDE),
    }),
    measurements: isListOf(isMeasurement, MAX_MEASUREMENTS),
    defects: isListOf(isDefect, MAX_DEFECTS),
    metadata: orNull(isMetadata),
  } satisfies Partial<Record<keyof InspectionEvent, Check>>),
);

/**
 * Whether the schema accepts an event as it is, without a change and without unknown fields. False says nothing about the
 * event: the schema then decides.
 *
 * @param given parsed from a text without `\u` escapes, which alone can hold a NUL or a lone surrogate
 */
export function isPlainInspection(given: Record<string, unknown>): boolean {
  for (const key in given) {
    if (CHECKS.get(key)?.(given[key]) !== true) {
      return false;
    }
  }
  const { event_id, lot_id, chip_id, inspection_type, status, result, occurred_at } = given;
  return (
    event_id !== undefined &&
    lot_id !== undefined &&
    chip_id !== undefined &&
    inspection_type !== undefined &&
    status !== undefined &&
    occurred_at !== undefined &&
    (status === 'completed') === (result != null)
  );
}
