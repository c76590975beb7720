import {
  INSPECTION_FIELDS,
  INSPECTION,
  inspectionEventSchema,
  TELEMETRY_FIELDS,
  TELEMETRY,
  telemetrySampleSchema,
  type InspectionEvent,
  type MachineTopic,
  type TelemetrySample,
} from '@chip/contracts';
import { v5 } from 'uuid';
import { z } from 'zod';
import { parseDecimal } from '../../decimal.ts';
import { InputError } from '@chip/service';
import { timeReader, TIME_FORMATS_HELP, type TimeReader } from '../time-format.ts';

/** Namespace of the event ids of CSV rows that have none. */
const EVENT_NAMESPACE = '9c1b7f4e-3f0a-5d26-8a43-6be5a1c7d930';

const measuredColumn = z.strictObject({
  name: z.string().min(1),
  column: z.string().min(1),
  unit: z.string().optional(),
  lower_limit: z.number().optional(),
  upper_limit: z.number().optional(),
});

/** What a map file may contain; the command's options mean the same and take precedence. */
export const csvMapSchema = z.strictObject({
  topic: z.enum([TELEMETRY.source, INSPECTION.source]).optional(),
  /** Contract field (or `tags.<key>`, `metadata.<key>`) -> column. */
  map: z.record(z.string(), z.string()).default({}),
  /** Contract field -> the same value in every row. */
  const: z.record(z.string(), z.string()).default({}),
  /** Contract field -> text in the file -> value of the contract, for example `{result: {P: pass, F: fail}}`. */
  values: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  time_format: z.string().default('rfc3339'),
  measurements: z.array(measuredColumn).default([]),
});
export type CsvMap = z.infer<typeof csvMapSchema>;

/** The result of a row: events of the contract, or the reason why there are none. */
type MappedRow = { readonly events: readonly (TelemetrySample | InspectionEvent)[] } | { readonly problem: string };

export interface CsvMapping {
  readonly topic: MachineTopic;
  /** Columns that no field uses. */
  readonly ignoredColumns: readonly string[];
  toEvents(cells: readonly string[], line: number): MappedRow;
}

type Kind = 'text' | 'number' | 'time' | 'json';
const KINDS: Readonly<Record<string, Kind>> = {
  time: 'time',
  metric_value: 'number',
  tags: 'json',
  occurred_at: 'time',
  started_at: 'time',
  completed_at: 'time',
  attempt: 'number',
  priority: 'number',
  die_x: 'number',
  die_y: 'number',
  hard_bin: 'number',
  soft_bin: 'number',
  inspected_area_cm2: 'number',
  measurements: 'json',
  defects: 'json',
  metadata: 'json',
};

/** Where the text of a field comes from. */
interface Source {
  /** `tags` of `tags.chamber`. */
  readonly field: string;
  readonly key: string | undefined;
  readonly kind: Kind;
  readonly column: number | undefined;
  readonly constant: string | undefined;
  readonly values: Readonly<Record<string, string>> | undefined;
}

/**
 * Builds a function from rows to events. Columns named like a field of the contract map themselves.
 * @throws InputError if the map does not fit the header or the contract
 */
export function compileCsvMapping(header: readonly string[], options: CsvMap): CsvMapping {
  if (header.some((column) => column.includes('\0') || column.includes('\ufffd'))) {
    throw new InputError('the file is not UTF-8 text; convert it first, for example with iconv');
  }
  const topic = options.topic ?? guessTopic(header, options);
  const known = topic === TELEMETRY.source ? TELEMETRY_FIELDS : INSPECTION_FIELDS;
  const mapped = {
    ...Object.fromEntries(header.filter((name) => known.has(name)).map((name) => [name, name])),
    ...options.map,
  };
  for (const field of Object.keys(options.const)) {
    delete mapped[field];
  }

  const columnOf = (name: string): number => {
    const index = header.indexOf(name);
    if (index === -1) {
      throw new InputError(`there is no column "${name}"; the header has: ${header.join(', ')}`);
    }
    if (header.indexOf(name, index + 1) !== -1) {
      throw new InputError(`the header has the column "${name}" twice`);
    }
    return index;
  };
  const source = (name: string, column: number | undefined, constant: string | undefined): Source => {
    const [field = '', ...rest] = name.split('.');
    const key = rest.length === 0 ? undefined : rest.join('.');
    const parent = topic === TELEMETRY.source ? 'tags' : 'metadata';
    if (!known.has(field) || (key !== undefined && field !== parent)) {
      throw new InputError(`${topic} has no field "${name}"; it has: ${[...known, `${parent}.<key>`].join(', ')}`);
    }
    return {
      field,
      key,
      kind: key === undefined ? (KINDS[field] ?? 'text') : 'text',
      column,
      constant,
      values: options.values[name],
    };
  };
  const sources = [
    ...Object.entries(mapped).map(([name, column]) => source(name, columnOf(column), undefined)),
    ...Object.entries(options.const).map(([name, value]) => source(name, undefined, value)),
  ];
  for (const name of Object.keys(options.values)) {
    if (mapped[name] === undefined) {
      throw new InputError(`values are given for "${name}", to which no column maps`);
    }
  }
  const measured = options.measurements.map((item) => ({ ...item, index: columnOf(item.column) }));
  const readTime = timeReader(options.time_format);
  if (readTime === undefined) {
    throw new InputError(`"${options.time_format}" is not a time format; expected ${TIME_FORMATS_HELP}`);
  }

  const given = new Set(sources.map(({ field }) => field));
  const build = topic === TELEMETRY.source ? telemetryBuilder(measured, given) : inspectionBuilder(measured, given);
  const used = new Set([...sources.map(({ column }) => column), ...measured.map(({ index }) => index)]);

  return {
    topic,
    ignoredColumns: header.filter((_, index) => !used.has(index)),
    toEvents(cells, line) {
      if (cells.length !== header.length) {
        return { problem: `expected ${header.length} cells as in the header, got ${cells.length}` };
      }
      const fields = readFields(sources, cells, readTime);
      return typeof fields === 'string' ? { problem: fields } : build(fields, cells, line);
    },
  };
}

const guessTopic = (header: readonly string[], options: CsvMap): MachineTopic =>
  [...header, ...Object.keys(options.map), ...Object.keys(options.const)].includes('lot_id')
    ? INSPECTION.source
    : TELEMETRY.source;

type Fields = Record<string, unknown>;

/** The fields of a row, or a sentence about the first unreadable cell. An empty cell is an absent field. */
function readFields(sources: readonly Source[], cells: readonly string[], readTime: TimeReader): Fields | string {
  const fields: Fields = {};
  for (const source of sources) {
    const cell = source.column === undefined ? (source.constant ?? '') : (cells[source.column] ?? '');
    if (cell.includes('\ufffd')) {
      return `${source.field}: the cell is not UTF-8 text`;
    }
    const text = source.kind === 'text' ? cell : cell.trim();
    if (text === '') {
      continue;
    }
    const value = readValue(source, source.values === undefined ? text : (own(source.values, text) ?? text), readTime);
    if (value === undefined) {
      return `${source.field}: got ${shown(text)}, expected ${EXPECTED[source.kind]}`;
    }
    if (source.key === undefined) {
      fields[source.field] = value;
    } else {
      const parent = (fields[source.field] ??= {});
      if (typeof parent === 'object' && parent !== null) {
        Object.defineProperty(parent, source.key, { value, enumerable: true, configurable: true, writable: true });
      }
    }
  }
  return fields;
}

const own = (record: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

const EXPECTED: Readonly<Record<Kind, string>> = {
  text: 'text',
  number: 'a number',
  time: 'a time of the given format (--time-format)',
  json: 'JSON',
};

function readValue(source: Source, text: string, readTime: TimeReader): unknown {
  switch (source.kind) {
    case 'text':
      return text;
    case 'number':
      return parseDecimal(text);
    case 'time':
      return readTime(text);
    case 'json':
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return undefined;
      }
  }
}

const shown = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);

type Measured = z.infer<typeof measuredColumn> & { readonly index: number };
type Build = (fields: Fields, cells: readonly string[], line: number) => MappedRow;

/** One sample per row or, with measured columns, one per such column that has a value. */
function telemetryBuilder(measured: readonly Measured[], given: ReadonlySet<string>): Build {
  if (measured.length > 0 && (given.has('metric_name') || given.has('metric_value'))) {
    throw new InputError('a row gives either metric_name and metric_value or measured columns, not both');
  }
  return (fields, cells) => {
    if (measured.length === 0) {
      return checked(telemetrySampleSchema, [fields]);
    }
    const samples: Fields[] = [];
    for (const { name, unit, index } of measured) {
      const value = measuredValue(name, cells[index] ?? '');
      if (typeof value === 'string') {
        return { problem: value };
      }
      if (value === null) {
        continue;
      }
      const tags = unit === undefined ? {} : { tags: { ...(fields['tags'] as object | undefined), unit } };
      samples.push({ ...fields, metric_name: name, metric_value: value, ...tags });
    }
    return samples.length === 0
      ? { problem: 'no measured column has a value' }
      : checked(telemetrySampleSchema, samples);
  };
}

/** One event per row. A row with a verdict but without `status` is a completed run. */
function inspectionBuilder(measured: readonly Measured[], given: ReadonlySet<string>): Build {
  if (measured.length > 0 && given.has('measurements')) {
    throw new InputError('measurements come either from their own JSON column or from measured columns, not both');
  }
  return (fields, cells, line) => {
    if (measured.length > 0) {
      const measurements: Fields[] = [];
      for (const { index, column: _column, ...item } of measured) {
        const value = measuredValue(item.name, cells[index] ?? '');
        if (typeof value === 'string') {
          return { problem: value };
        }
        measurements.push({ ...item, value });
      }
      fields['measurements'] = measurements;
    }
    if (fields['status'] === undefined && fields['result'] !== undefined) {
      fields['status'] = 'completed';
    }
    // The same row of the same file is the same event, however often it is published; a corrected row is a new one.
    fields['event_id'] ??= v5(`${line}\n${JSON.stringify(fields)}`, EVENT_NAMESPACE);
    return checked(inspectionEventSchema, [fields]);
  };
}

/** null for an empty cell (not measured); a sentence for a cell that is not a number. */
function measuredValue(name: string, cell: string): number | null | string {
  const text = cell.trim();
  if (text === '' || text === 'NaN') {
    return null;
  }
  return parseDecimal(text) ?? `${name}: got ${shown(text)}, expected a number`;
}

function checked(
  schema: z.ZodType<TelemetrySample> | z.ZodType<InspectionEvent>,
  candidates: readonly Fields[],
): MappedRow {
  const events: (TelemetrySample | InspectionEvent)[] = [];
  for (const candidate of candidates) {
    const parsed = schema.safeParse(candidate);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const field = issue?.path.join('/') ?? '';
      const isAbsent = issue?.path.length === 1 && candidate[field] === undefined;
      return {
        problem: `${field}: ${isAbsent && issue.code !== 'custom' ? 'missing' : (issue?.message ?? 'refused')}`,
      };
    }
    events.push(parsed.data);
  }
  return { events };
}
