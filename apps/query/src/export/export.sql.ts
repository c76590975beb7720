import { type Queryable, type SqlParameter } from '@chip/persistence';
import { unitNames } from '../access/caller.ts';
import { measuredValue, namedPlaces, overMeasurements } from '../attempts/measurements-of-attempts.sql.ts';
import { type UnitFilters } from '../http/parameters.ts';
import { ITEM_COLUMNS } from '../inspections/inspection-answer.ts';
import { SELECT_ITEM } from '../inspections/inspection-list.sql.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';

/** The SELECT of an export, and the names of its columns in order. */
export interface ExportQuery {
  readonly columns: readonly string[];
  readonly sql: string;
  readonly values: readonly SqlParameter[];
}

interface Ordered {
  readonly order?: 'time' | undefined;
}

interface Range {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface InspectionExport extends UnitFilters, Range {
  readonly status?: string | undefined;
  readonly result?: string | undefined;
  /** Only those behind this one, in the order of the export. */
  readonly after?: string | undefined;
}

/** Current inspections, oldest first by (created_at, id). */
export function inspectionRows(question: InspectionExport): ExportQuery {
  const where = new SqlConditions()
    .units(question, 'i')
    .when(question.status, ($) => `i.status = ${$}::inspection_status_enum`)
    .when(question.result, ($) => `i.result = ${$}`)
    .when(question.from, ($) => `i.created_at >= ${$}::timestamptz`)
    .when(question.to, ($) => `i.created_at < ${$}::timestamptz`)
    .when(
      question.after,
      ($) => `(i.created_at, i.id) > (SELECT created_at, id FROM inspections WHERE id = ${$}::uuid)`,
    );
  return {
    columns: ITEM_COLUMNS,
    sql: `SELECT ${SELECT_ITEM} FROM inspections i JOIN lots l ON l.id = i.lot_id
           WHERE ${where.toString()} ORDER BY i.created_at, i.id`,
    values: where.values,
  };
}

/** Whether the caller can see an inspection with this id. */
export const isKnown = async (snapshot: Queryable, id: string): Promise<boolean> =>
  (await snapshot.query('SELECT 1 FROM inspections WHERE id = $1', [id])).length > 0;

const MEASUREMENT_COLUMNS = {
  time: 'm.time',
  name: 'm.name',
  value: 'm.value',
  unit: 'm.unit',
  lower_limit: 'm.lower_limit',
  upper_limit: 'm.upper_limit',
  site: 'i.site',
  lot_id: 'i.lot_id',
  chip_id: 'i.chip_id',
  inspection_id: 'm.inspection_id',
  inspection_type: 'i.inspection_type',
  event_id: 'm.event_id',
  step: 'a.step',
  attempt_key: 'a.attempt_key',
  status: 'a.status',
  result: 'a.result',
  equipment_id: 'a.equipment_id',
  recipe: 'a.recipe',
  product: 'a.product',
  wafer_id: 'a.wafer_id',
  die_x: 'a.die_x',
  die_y: 'a.die_y',
} as const;

export interface MeasurementExport extends UnitFilters, Range, Ordered {
  readonly name?: string | undefined;
}

/**
 * Whether measurements are stored in this database. Those of all cells lie in others (see `docs/sql/cell.sql`), where a look
 * for each event would be a round trip.
 */
export async function hasOwnMeasurements(snapshot: Queryable): Promise<boolean> {
  const [row] = await snapshot.query<{ of_cells: boolean }>(
    `SELECT to_regclass('measurement_values') IS NOT DISTINCT FROM to_regclass('every_cell.measurement_values') AS of_cells`,
  );
  return row?.of_cells === false;
}

const units = (): string =>
  `SELECT u.id, u.chip_id, u.inspection_type, l.site, l.lot_id FROM ${unitNames()} u JOIN lots l ON l.id = u.lot_id`;
/** The unit `i` of a row, looked up one by one: begins at once, and costs no more than a join of everything. */
const unitOf = (row: string): string =>
  `CROSS JOIN LATERAL (${units()} WHERE u.id = ${row}.inspection_id OFFSET 0) AS i`;
/** Attempts `a` of the event of a row, and their unit. */
const attemptsOf = (row: string): string =>
  `CROSS JOIN LATERAL (SELECT * FROM inspection_attempts t
          WHERE t.inspection_id = ${row}.inspection_id AND ${row}.event_id = ANY (t.event_ids) OFFSET 0) AS a
        ${unitOf(row)}`;

/** Both forms of all measurements `m`, each with its attempts. */
function everyMeasurement(name: string | undefined): string[] {
  const values =
    name === undefined
      ? `JOIN measurement_sets s ON s.id = v.set_id
        CROSS JOIN LATERAL unnest(s.names, v.values, v.digits, s.units, s.lower_limits, s.upper_limits) AS n (name, values, digits, unit, lower_limit, upper_limit)`
      : // Before their attempts are looked up, events without the name are left out.
        'JOIN named n ON n.set_id = v.set_id AND v.set_id = ANY (ARRAY(SELECT set_id FROM named))';
  const value = name === undefined ? measuredValue('n') : measuredValue('v', '[n.place]');
  return [
    `(SELECT * FROM measurement_rows${name === undefined ? '' : ` WHERE name = ${name}`}) AS m
        ${attemptsOf('m')}`,
    `measurement_values v
        ${attemptsOf('v')}
        ${values}
        CROSS JOIN LATERAL (
          SELECT v.time, v.inspection_id, v.event_id, n.name, ${value} AS value, n.unit, n.lower_limit, n.upper_limit) AS m`,
  ];
}

/**
 * Measurements of every attempt, including voided ones (see `status`), each with its attempt. All of them are read as they
 * are stored, and those of some attempts from these.
 */
export function measurementRows(question: MeasurementExport, isLocal: boolean): ExportQuery {
  const where = new SqlConditions().units(question, 'a');
  const isOfSome = where.values.length > 0;
  where
    .when(question.from, ($) => `m.time >= ${$}::timestamptz`)
    .when(question.to, ($) => `m.time < ${$}::timestamptz`);
  const conditions = where.toString();
  const name = question.name === undefined ? undefined : where.bind(question.name);
  const select = (from: string): string => `SELECT ${aliased(MEASUREMENT_COLUMNS)}
        FROM ${from}
       WHERE ${conditions}`;
  const unit = isLocal ? unitOf('a') : `JOIN (${units()}) AS i ON i.id = a.inspection_id`;
  const rows =
    isLocal && !isOfSome
      ? everyMeasurement(name).map(select).join('\n      UNION ALL\n      ')
      : overMeasurements((joins) => select(`inspection_attempts a\n        ${joins}\n        ${unit}`), name);
  return {
    columns: Object.keys(MEASUREMENT_COLUMNS),
    sql:
      (name === undefined ? rows : `WITH ${namedPlaces(name)} ${rows}`) +
      orderBy(question, 'time, inspection_id, event_id, attempt_key, step, name, value'),
    values: where.values,
  };
}

const TELEMETRY_COLUMNS = ['time', 'service_name', 'metric_name', 'metric_value', 'tags', 'host'] as const;

export interface TelemetryExport extends Ordered {
  readonly from: string;
  readonly to: string;
  readonly metric_name?: string | undefined;
  readonly service_name?: string | undefined;
  readonly host?: string | undefined;
}

/** Raw telemetry samples. */
export function telemetryRows(question: TelemetryExport): ExportQuery {
  const where = new SqlConditions()
    .when(question.from, ($) => `time >= ${$}::timestamptz`)
    .when(question.to, ($) => `time < ${$}::timestamptz`)
    .when(question.metric_name, ($) => `metric_name = ${$}`)
    .when(question.service_name, ($) => `service_name = ${$}`)
    .when(question.host, ($) => `host = ${$}`);
  return {
    columns: TELEMETRY_COLUMNS,
    sql:
      `SELECT ${TELEMETRY_COLUMNS.join(', ')} FROM system_metrics WHERE ${where.toString()}` +
      orderBy(question, 'time, service_name, metric_name, host, tags, metric_value'),
    values: where.values,
  };
}

/** By all that tells rows of the same time apart, so that they come in the same order each time. */
const orderBy = ({ order }: Ordered, columns: string): string => (order === undefined ? '' : ` ORDER BY ${columns}`);

const aliased = (columns: Readonly<Record<string, string>>): string =>
  Object.entries(columns)
    .map(([name, source]) => `${source} AS ${name}`)
    .join(', ');
