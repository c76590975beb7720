/** A year of a fab in the database, written by SQL: what questions are asked of. */
import pg from 'pg';
import type { CaseDatabase } from '../system/case-database.ts';

export interface HistorySize {
  readonly inspections: number;
  readonly samples: number;
  /** Over which the inspections are spread, up to today. */
  readonly days: number;
}

export const UNITS_PER_LOT = 500;
const UNITS_PER_WAFER = 25;
const PARAMETERS = 10;
export const HISTORY_DAYS = 365;
/** Shorter than the retention of raw samples, so that no sample expires while it is asked for. */
export const TELEMETRY_DAYS = 28;
/** Has one wafer, see {@link storeLargeWafer}. */
export const LARGE_LOT = 'LARGE';
const PER_STATEMENT = 100_000;
const SAMPLES_PER_STATEMENT = 1_000_000;

/**
 * Stores inspections of so many days (one in 20 tested twice, ten measurements each, three defects on each failed unit) and
 * samples over four weeks, both at once, and brings every summary up to date. The content is a pure function of the
 * numbers; only the times follow the clock, up to the begin of today (UTC).
 */
export async function storeHistory(
  database: CaseDatabase,
  { inspections, samples, days }: HistorySize,
  progress: (what: string) => void,
): Promise<void> {
  const second = new pg.Client({ connectionString: database.url('DATABASE_URL'), application_name: 'bench' });
  await second.connect();
  try {
    await Promise.all([
      storeInspections(database.client, inspections, days, progress),
      storeSamples(second, samples, progress),
    ]);
  } finally {
    await second.end();
  }
  progress('statistics of the planner');
  await database.client.query('VACUUM (ANALYZE)');
  await database.client.query('CHECKPOINT');
}

async function storeInspections(
  client: pg.Client,
  inspections: number,
  days: number,
  progress: (what: string) => void,
): Promise<void> {
  await client.query(
    `SELECT set_config('bench.inspections', $1, false), set_config('bench.days', $2, false)`,
    [inspections, days].map(String),
  );
  for (let from = 1; from <= inspections; from += PER_STATEMENT) {
    const to = Math.min(inspections, from + PER_STATEMENT - 1);
    await client.query('BEGIN');
    await client.query(UNITS, [from, to]);
    for (const statement of OF_UNITS) {
      await client.query(statement);
    }
    await client.query('COMMIT');
    progress(`${to.toLocaleString('en-US')} inspections`);
  }
  await foldAll(client, 'fold_yield');
  await sumUpDays(client, progress);
}

/** As the upkeep does with days that rest: each in one snapshot. */
async function sumUpDays(client: pg.Client, progress: (what: string) => void): Promise<void> {
  for (let days = 1; ; days++) {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    const { rows } = await client.query<{ counted: number | null }>(`SELECT sum_up_day('0') AS counted`);
    await client.query('COMMIT');
    if (typeof rows[0]?.counted !== 'number') {
      return;
    }
    if (days % 30 === 0) {
      progress(`attempts and values by day, ${days} days`);
    }
  }
}

/** Builds the indexes behind the rows, in half the time. */
async function storeSamples(client: pg.Client, samples: number, progress: (what: string) => void): Promise<void> {
  await client.query(`SELECT set_config('bench.samples', $1, false)`, [String(samples)]);
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'system_metrics'`,
  );
  for (const { name } of indexes) {
    await client.query(`DROP INDEX ${name}`);
  }
  for (let from = 1; from <= samples; from += SAMPLES_PER_STATEMENT) {
    const to = Math.min(samples, from + SAMPLES_PER_STATEMENT - 1);
    await client.query(SAMPLES, [from, to]);
    progress(`${to.toLocaleString('en-US')} samples`);
  }
  for (const { definition } of indexes) {
    await client.query(definition);
  }
  await client.query(DELTAS);
  await foldAll(client, 'fold_metrics');
}

async function foldAll(client: pg.Client, fold: string): Promise<void> {
  let left = 1;
  while (left > 0) {
    left = Number((await client.query<{ left: string }>(`SELECT ${fold}() AS left`)).rows[0]?.left ?? 0);
  }
}

/** Stores one wafer of so many dice. */
export async function storeLargeWafer({ client }: CaseDatabase, dice: number): Promise<void> {
  await client.query('BEGIN');
  await client.query(LARGE_UNITS, [dice]);
  // Without measurements and defects, which a map of bins does not read.
  for (const statement of OF_UNITS.slice(0, 5)) {
    await client.query(statement.replaceAll(/'LOT' \|\| n \/ \d+/g, `'${LARGE_LOT}'`));
  }
  await client.query('COMMIT');
  await client.query('VACUUM (ANALYZE)');
}

const TODAY = `date_trunc('day', now(), 'UTC')`;

/** Ids begin with the bits of their lot, as those of the writer do. */
const ofLot = (name: string): string =>
  `overlay(md5(${name}) PLACING left(replace(lot::text, '-', ''), 12) FROM 1)::uuid`;

const UNITS = `CREATE TEMPORARY TABLE unit ON COMMIT DROP AS
  SELECT n, lot, ${ofLot("'i' || n")} AS id, 'C' || n AS chip,
    (ARRAY['visual', 'electrical', 'metrology'])[1 + n / ${UNITS_PER_LOT} % 3] AS type,
    CASE WHEN n % 15 = 3 THEN 'fail' ELSE 'pass' END AS result, 'E' || n % 40 AS equipment,
    'P' || n / ${UNITS_PER_LOT} % 25 AS product, 'W' || n / ${UNITS_PER_WAFER} % 20 AS wafer, n % 5 AS x, n / 5 % 5 AS y,
    CASE WHEN n % 15 = 3 THEN 2 + n % 7 ELSE 1 END AS bin,
    ${TODAY} - (1 - n::float8 / current_setting('bench.inspections')::int) * current_setting('bench.days')::int * INTERVAL '1 day' AS at
  FROM generate_series($1::bigint, $2::bigint) AS n, LATERAL (SELECT md5('lot' || n / ${UNITS_PER_LOT})::uuid AS lot) AS of_lot`;

/** Numbers behind those of every history, so that nothing has the same id. */
const LARGE_UNITS = `CREATE TEMPORARY TABLE unit ON COMMIT DROP AS
  SELECT 1000000000 + n AS n, lot, ${ofLot("'large' || n")} AS id, 'C' || n AS chip, 'electrical' AS type,
    CASE WHEN n % 15 = 3 THEN 'fail' ELSE 'pass' END AS result, 'E1' AS equipment, 'P1' AS product, 'W1' AS wafer, n % 320 AS x, n / 320 AS y,
    CASE WHEN n % 15 = 3 THEN 2 + n % 7 ELSE 1 END AS bin, ${TODAY} AS at
  FROM generate_series(0, $1::bigint - 1) AS n, (SELECT md5('large lot')::uuid AS lot) AS of_lot`;

const INSPECTION = `lot_id, inspection_type, status, result, occurred_at, completed_at, equipment_id, product, wafer_id, die_x, die_y,
  hard_bin, soft_bin, inspected_area_cm2`;
const ATTEMPT = `inspection_id, step, attempt_key, event_id, event_ids, first_occurred_at, defect_count, ${INSPECTION}`;

const OF_UNITS = [
  `INSERT INTO lots (id, site, lot_id) SELECT DISTINCT lot, 'fab', 'LOT' || n / ${UNITS_PER_LOT} FROM unit ON CONFLICT DO NOTHING`,
  `INSERT INTO parts (id, lot_id, chip_id) SELECT ${ofLot("'part' || n")}, lot, chip FROM unit`,
  `INSERT INTO wafers (id, lot_id, wafer_id) SELECT DISTINCT ON (lot, wafer) ${ofLot(`'wafer' || n / ${UNITS_PER_WAFER}`)}, lot, wafer FROM unit
     ON CONFLICT DO NOTHING`,
  `INSERT INTO inspections (id, chip_id, created_at, site, step, attempt_key, metadata, ${INSPECTION})
     SELECT id, chip, at, 'fab', 'S1', 'a:1', jsonb_build_object('operator', n % 200), lot, type, 'completed', result, at, at, equipment,
       product, wafer, x, y, bin, bin, 1.5 FROM unit`,
  `INSERT INTO inspection_attempts (${ATTEMPT})
     SELECT id, 'S1', 'a:1', id, ARRAY[id], at, CASE WHEN result = 'fail' THEN 3 ELSE 0 END, lot, type, 'completed', result, at, at,
       equipment, product, wafer, x, y, bin, bin, 1.5 FROM unit`,
  `INSERT INTO inspection_attempts (${ATTEMPT})
     SELECT id, 'S1', 'a:2', event, ARRAY[event], later, 0, lot, type, 'completed', 'pass', later, later, equipment, product, wafer, x, y, 1, 1, 1.5
     FROM (SELECT *, md5('again' || n)::uuid AS event, at + INTERVAL '1 hour' AS later FROM unit WHERE n % 20 = 3) AS again`,
  // Nearly normal, within the limits but for a few in a thousand.
  `INSERT INTO measurement_values (time, inspection_id, event_id, set_id, decimals, digits)
     SELECT at, id, id, (SELECT set_id FROM (SELECT store_measurement_sets(json_build_array(json_build_object('names', array_agg('width' || m ORDER BY m),
         'units', array_agg('um'::text), 'lower_limits', array_agg(m), 'upper_limits', array_agg(m + 4)))) AS set_id
         FROM generate_series(0, ${PARAMETERS - 1}) AS m) AS stored),
       4, ARRAY(SELECT (10000 * (m + (hashint8(n * 64 + m) & 1023) / 1024.0 + (hashint8(n * 64 + m + 16) & 1023) / 1024.0
         + (hashint8(n * 64 + m + 32) & 1023) / 1024.0 + (hashint8(n * 64 + m + 48) & 1023) / 1024.0))::int FROM generate_series(0, ${PARAMETERS - 1}) AS m)
     FROM unit`,
  `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um)
     SELECT id, id, no, at, 'class' || n % 9, 0, 0 FROM unit, generate_series(1, 3) AS no WHERE result = 'fail'`,
];

const SAMPLES = `INSERT INTO system_metrics (time, service_name, metric_name, metric_value, host, tags)
  SELECT ${TODAY} - (1 - (n - 1)::float8 / current_setting('bench.samples')::int) * ${TELEMETRY_DAYS} * INTERVAL '1 day', 'service' || n % 5,
    'metric' || n / 5 % 10, n % 1000, 'host' || n % 3, jsonb_build_object('line', n % 4)
  FROM generate_series($1::bigint, $2::bigint) AS n`;

const DELTAS = `INSERT INTO metrics_delta
  SELECT time_bucket('1 hour', time), service_name, metric_name, host, sum(metric_value), count(*), min(metric_value), max(metric_value)
  FROM system_metrics GROUP BY 1, 2, 3, 4`;
