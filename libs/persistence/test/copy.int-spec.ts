import { type CopyValue, encodeCopyRow } from '@chip/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v5 as uuidV5 } from 'uuid';
import { type CopyInput, editions, type EditionUnderTest } from './editions.ts';

const id = (name: string): string => uuidV5(name, uuidV5.URL);
const DAY_MS = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;
/** Microseconds are kept, which a JavaScript Date has not got. */
const at = (daysAgo: number, micros = '000001'): string =>
  `${new Date(TODAY - daysAgo * DAY_MS).toISOString().slice(0, 19)}.${micros}Z`;

/** What COPY could get wrong: its own structure characters, NULL beside its text, text beyond ASCII, numbers at the edge. */
const TEXTS = [
  'plain',
  'tab\there',
  'line\nbreak',
  'back\\slash',
  '\\N',
  '\\.',
  'Größe "µ" 😀',
  'carriage\rreturn',
  ' ',
];
const NUMBERS = [0, -0, 1.5, -1e100, 1e100, 5e-324, 0.1 + 0.2, 123456789.123456];

const SAMPLES = ['time', 'service_name', 'metric_name', 'metric_value', 'tags', 'host'];
const DELTAS = ['bucket', 'service_name', 'metric_name', 'host', 'sum_value', 'sample_count', 'min_value', 'max_value'];
const MEASUREMENTS = ['time', 'inspection_id', 'event_id', 'name', 'value', 'unit', 'lower_limit', 'upper_limit'];
const DEFECTS = ['inspection_id', 'event_id', 'defect_no', 'time', 'class', 'x_um', 'y_um', 'severity'];

type Row = Record<string, CopyValue>;
const row = (columns: readonly string[], values: readonly CopyValue[]): Row =>
  Object.fromEntries(columns.map((column, i) => [column, values[i]]));

/** The rows of one flush, of today and of weeks ago. */
function flushOf(round: number): Record<'system_metrics' | 'measurements' | 'defects', Row[]> {
  const ages = [0, 1, 20, 50];
  return {
    system_metrics: ages.flatMap((age) =>
      TEXTS.map((text, n) =>
        row(SAMPLES, [
          at(age, String(n + 10 * round).padStart(6, '0')),
          text,
          `metric ${round}`,
          NUMBERS[n % NUMBERS.length],
          n % 3 === 0 ? null : JSON.stringify({ n, on: n % 2 === 0, text }),
          n % 4 === 0 ? null : text,
        ]),
      ),
    ),
    measurements: ages.flatMap((age) =>
      TEXTS.map((text, n) =>
        row(MEASUREMENTS, [
          at(age),
          id(`inspection ${age}`),
          id(`event ${round} ${n}`),
          text,
          n % 3 === 0 ? null : NUMBERS[n % NUMBERS.length],
          n % 2 === 0 ? null : 'µm',
          null,
          n,
        ]),
      ),
    ),
    defects: TEXTS.map((text, n) =>
      row(DEFECTS, [id('inspection'), id(`event ${round}`), n + 1, at(3), text, n, -n, n % 2 === 0 ? null : text]),
    ),
  };
}

/** As the writer sends it: lines in blocks that end anywhere, within a row or a character. */
function copyOf(table: string, columns: readonly string[], rows: readonly Row[]): CopyInput {
  const text = Buffer.from(rows.map((one) => encodeCopyRow(columns.map((column) => one[column]))).join(''));
  const chunks: Buffer[] = [];
  for (let from = 0; from < text.length; from += 997) {
    chunks.push(text.subarray(from, from + 997));
  }
  return { table, columns, chunks };
}
const copiesOf = (rows: ReturnType<typeof flushOf>): CopyInput[] => [
  copyOf('system_metrics', SAMPLES, rows.system_metrics),
  copyOf(
    'metrics_delta',
    DELTAS,
    rows.system_metrics.map((sample) =>
      row(DELTAS, [
        `${String(sample['time']).slice(0, 13)}:00:00Z`,
        sample['service_name'],
        sample['metric_name'],
        sample['host'],
        sample['metric_value'],
        1,
        sample['metric_value'],
        sample['metric_value'],
      ]),
    ),
  ),
  copyOf('measurements', MEASUREMENTS, rows.measurements),
  copyOf('defects', DEFECTS, rows.defects),
];

const TABLES = { system_metrics: SAMPLES, measurements: MEASUREMENTS, defects: DEFECTS } as const;

describe.each(Object.entries(editions))('COPY text of a flush, %s edition', (_, open) => {
  let db: EditionUnderTest;
  beforeAll(async () => {
    db = await open();
  });
  afterAll(() => db.close());

  /** Every row of the table as text that does not depend on the client. */
  const stored = async (table: keyof typeof TABLES): Promise<string[]> => {
    const columns = TABLES[table].map((column) =>
      column === 'time' ? `to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time` : column,
    );
    const rows = await db.query<{ row: string }>(
      `SELECT to_jsonb(t)::text AS row FROM (SELECT ${columns.join(', ')} FROM ${table}) AS t`,
    );
    return rows.map((one) => canonical(JSON.parse(one.row) as Row)).sort();
  };
  const sent = (rows: readonly Row[]): string[] =>
    rows.map((one) => canonical(one['tags'] ? { ...one, tags: JSON.parse(String(one['tags'])) as never } : one)).sort();
  const canonical = (one: Row): string =>
    JSON.stringify(
      Object.keys(one)
        .sort()
        .map((key) => [key, Object.is(one[key], -0) ? 0 : one[key]]),
    );

  const expectStored = async (flushes: readonly ReturnType<typeof flushOf>[]): Promise<void> => {
    for (const table of Object.keys(TABLES) as (keyof typeof TABLES)[]) {
      expect(await stored(table)).toEqual(sent(flushes.flatMap((rows) => rows[table])));
    }
  };

  it('stores every row as it was sent, in the chunks of its time', async () => {
    await db.flush(copiesOf(flushOf(1)));
    await expectStored([flushOf(1)]);
    const chunks = await db.query<{ name: string; n: number }>(
      `SELECT hypertable_name AS name, count(*)::int AS n FROM timescaledb_information.chunks
        WHERE hypertable_name IN ('system_metrics', 'measurement_rows') GROUP BY 1 ORDER BY 1`,
    );
    expect(chunks.find(({ name }) => name === 'system_metrics')?.n).toBe(4);
    expect(chunks.find(({ name }) => name === 'measurement_rows')?.n).toBeGreaterThanOrEqual(2);
  });

  it('stores nothing of a flush in which one row is refused', async () => {
    const rows = flushOf(2);
    const spoilt = { ...rows, defects: [...rows.defects, { ...rows.defects[0], defect_no: 99, x_um: null }] };
    await expect(db.flush(copiesOf(spoilt as typeof rows))).rejects.toThrow();
    const infinite = { ...rows, system_metrics: [{ ...rows.system_metrics[0], metric_value: 'Infinity' }] };
    await expect(db.flush(copiesOf(infinite as typeof rows))).rejects.toThrow();
    await expectStored([flushOf(1)]);
  });

  it('adds late rows to chunks that were compressed meanwhile, where the edition compresses', async () => {
    await db.runBackgroundWork();
    const [compressed] = await db.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM timescaledb_information.chunks WHERE hypertable_name = 'system_metrics' AND is_compressed`,
    );
    // Of 20 and of 50 days ago.
    expect(compressed?.n).toBe(db.edition === 'community' ? 2 : 0);
    await db.flush(copiesOf(flushOf(3)));
    await expectStored([flushOf(1), flushOf(3)]);
    // Once more, over what is partly compressed; and the roll-ups hold what was copied.
    await db.runBackgroundWork();
    await expectStored([flushOf(1), flushOf(3)]);
    const [rolledUp] = await db.query<{ hourly: number; daily: number }>(
      `SELECT (SELECT sum(sample_count)::int FROM metrics_hourly) AS hourly, (SELECT sum(sample_count)::int FROM metrics_daily) AS daily`,
    );
    const samples = 2 * flushOf(1).system_metrics.length;
    expect(rolledUp).toEqual({ hourly: samples, daily: samples });
  });
});
