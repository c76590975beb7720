import { encodeCopyRow } from '@chip/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createTestDatabase } from '../src/testing/index.ts';
import { LoadSession } from '../src/index.ts';
import { editions, type EditionUnderTest } from './editions.ts';

interface Sample {
  ageHours: number;
  service: string;
  metric: string;
  host: string | null;
  value: number;
}

const between = (fromHours: number, toHours: number) => fc.double({ min: fromHours, max: toHours, noNaN: true });
/** In a few hours of each day, so that hours which were refreshed late get further late rows. */
const daysAgo = (from: number, to: number): fc.Arbitrary<number> =>
  fc.tuple(fc.integer({ min: from, max: to }), between(0, 3)).map(([days, hours]) => 24 * days + hours);
const sample: fc.Arbitrary<Sample> = fc.record({
  // Mostly fresh, sometimes late, rarely about as old as rows that are compressed (7 days) or dropped (90).
  ageHours: fc.oneof(
    { weight: 12, arbitrary: between(0, 3) },
    { weight: 4, arbitrary: between(3, 24 * 5) },
    { weight: 1, arbitrary: daysAgo(5, 12) },
    { weight: 1, arbitrary: daysAgo(85, 99) },
  ),
  service: fc.constantFrom('etch', 'litho'),
  metric: fc.constantFrom('temperature', 'pressure'),
  host: fc.constantFrom('h1', 'h2', null),
  value: fc.oneof(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.constantFrom(0, -0, 1e12, -1e12, 1e-300)),
});
const batches = (seed: number, count: number): Sample[][] =>
  fc.sample(fc.array(sample, { minLength: 1, maxLength: 40 }), { numRuns: count, seed });

/** What a flush does, in one statement; `reference` keeps every sample for the recompute, as raw rows are dropped. */
const FLUSH = `
  WITH sample AS (
    SELECT $1::timestamptz - "ageHours" * INTERVAL '1 hour' AS time, service, metric, host, value
    FROM jsonb_to_recordset($2::text::jsonb) AS s ("ageHours" float8, service text, metric text, host text, value float8)
  ), raw AS (
    INSERT INTO system_metrics (time, service_name, metric_name, host, metric_value) SELECT time, service, metric, host, value FROM sample
  ), kept AS (
    INSERT INTO reference SELECT time, service, metric, host, value FROM sample
  )
  INSERT INTO metrics_delta
  SELECT time_bucket('1 hour', time), service, metric, host, sum(value), count(*), min(value), max(value) FROM sample GROUP BY 1, 2, 3, 4`;

interface Bucket {
  bucket: string;
  service_name: string;
  metric_name: string;
  host: string | null;
  sum_value: number;
  sample_count: number;
  min_value: number;
  max_value: number;
  avg_value: number;
}

describe.each(Object.entries(editions))('roll-ups, %s edition', (_, open) => {
  let db: EditionUnderTest;
  beforeAll(async () => {
    db = await open();
    await db.query('CREATE TABLE reference (time timestamptz, service text, metric text, host text, value float8)');
  });
  afterAll(() => db.close());

  const flush = async (now: string, samples: Sample[]): Promise<void> => {
    await db.query(FLUSH, [now, JSON.stringify(samples)]);
  };
  const compare = async (resolution: 'hourly' | 'daily'): Promise<void> => {
    const interval = resolution === 'hourly' ? '1 hour' : '1 day';
    const order = 'ORDER BY bucket, service_name, metric_name, host';
    const actual = await db.query<Bucket>(
      `SELECT bucket::text, service_name, metric_name, host, sum_value, sample_count, min_value, max_value, avg_value FROM metrics_${resolution} ${order}`,
    );
    const expected = await db.query<Bucket>(
      `SELECT time_bucket('${interval}', time)::text AS bucket, service AS service_name, metric AS metric_name, host, sum(value) AS sum_value,
         count(*) AS sample_count, min(value) AS min_value, max(value) AS max_value, sum(abs(value)) AS magnitude
       FROM reference GROUP BY 1, 2, 3, 4 ${order}`,
    );
    const key = ({
      bucket,
      service_name,
      metric_name,
      host,
      sample_count,
      min_value,
      max_value,
    }: Bucket): unknown[] => [bucket, service_name, metric_name, host, Number(sample_count), min_value, max_value];
    expect(actual.map(key)).toEqual(expected.map(key));
    for (const [index, bucket] of actual.entries()) {
      const reference = expected[index] as Bucket & { magnitude: number };
      // Sums of terms of both signs: the order of addition moves them relative to the terms, not to the result.
      const tolerance = 1e-9 * Math.max(reference.magnitude, Number.MIN_VALUE);
      expect(Math.abs(bucket.sum_value - reference.sum_value)).toBeLessThanOrEqual(tolerance);
      expect(Math.abs(bucket.avg_value - reference.sum_value / Number(reference.sample_count))).toBeLessThanOrEqual(
        tolerance,
      );
    }
  };

  it('has the published columns', async () => {
    for (const view of ['metrics_hourly', 'metrics_daily']) {
      const columns = await db.query<{ attname: string; type: string }>(
        `SELECT attname, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum`,
        [view],
      );
      expect(columns.map((column) => `${column.attname} ${column.type}`)).toEqual([
        'bucket timestamp with time zone',
        'service_name character varying(100)',
        'metric_name character varying(100)',
        'host character varying(100)',
        'sum_value double precision',
        'sample_count bigint',
        'min_value double precision',
        'max_value double precision',
        'avg_value double precision',
      ]);
    }
  });

  it('equal a recompute from raw rows after 200 batches with late rows, retention and background work in between', async () => {
    const now = new Date().toISOString();
    const random = batches(20_260_120, 200);
    for (const [index, samples] of random.entries()) {
      await flush(now, samples);
      if (index === 60) {
        // Older than any retention: what was aggregated stays when its raw rows go.
        await flush(
          now,
          samples.map((one) => ({ ...one, ageHours: 24 * 120 + one.ageHours })),
        );
        await db.runBackgroundWork();
        const [old] = await db.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM system_metrics WHERE time < now() - INTERVAL '110 days'`,
        );
        expect(old?.n).toBe(0);
      }
      if (index % 50 === 25) {
        await db.runBackgroundWork();
      }
    }
    await db.runBackgroundWork();
    await compare('hourly');
    await compare('daily');
    // Again: nothing is counted twice and nothing is forgotten by a further round.
    await db.runBackgroundWork();
    await compare('hourly');
    await compare('daily');
  });
});

describe('late hours, community edition', () => {
  // The same for every statement, also while a day ends.
  const day = Math.floor(Date.now() / 86_400_000) - 4;
  const hour = `'${new Date(day * 86_400_000 + 5 * 3_600_000).toISOString()}'::timestamptz`;
  let db: EditionUnderTest;
  beforeAll(async () => {
    db = await editions.community();
  });
  afterAll(() => db.close());

  /** One sample of a bucket, with its delta as a flush writes it. */
  const flush = (bucket: string) =>
    db.query(`
      WITH raw AS (INSERT INTO system_metrics (time, service_name, metric_name, metric_value) VALUES (${bucket}, 's', 'm', 1))
      INSERT INTO metrics_delta VALUES (${bucket}, 's', 'm', NULL, 1, 1, 1, 1)`);
  const counts = async (): Promise<number[]> => {
    const [row] = await db.query<{ hour: number; day: number }>(
      `SELECT (SELECT sample_count::int FROM metrics_hourly WHERE bucket = ${hour}) AS hour,
              (SELECT sample_count::int FROM metrics_daily WHERE bucket = date_trunc('day', ${hour}, 'UTC')) AS day`,
    );
    return [row!.hour, row!.day];
  };

  it('the only late hour of a day that the policies have been over is in both roll-ups after each round', async () => {
    for (const n of [1, 2, 3]) {
      await flush(hour);
      await db.runBackgroundWork();
      expect(await counts()).toEqual([n, n]);
    }
  });

  it('every hour stays marked until it is two days old, since the policy does not reach behind a standstill', async () => {
    const marked = async () => (await db.query('SELECT FROM metrics_late')).length;
    await flush(`date_trunc('hour', now())`);
    await db.runBackgroundWork();
    expect(await marked()).toBe(1);
    // Three days later, and the policies did not run: only the mark tells.
    await db.query(`UPDATE metrics_late SET bucket = ${hour}`);
    await db.query(
      `INSERT INTO system_metrics (time, service_name, metric_name, metric_value) VALUES (${hour}, 's', 'm', 1)`,
    );
    await db.query('CALL refresh_late_metrics()');
    expect([await counts(), await marked()]).toEqual([[4, 4], 0]);
  });

  it('an hour that gets rows while it is refreshed stays marked', async () => {
    await flush(hour);
    await db.query('SELECT fold_metrics()');
    // As a fold behind the beginning of the refresh would mark it.
    await db.query(`UPDATE metrics_late SET marked_at = now() + INTERVAL '1 minute'`);
    await db.query('CALL refresh_late_metrics()');
    expect(await db.query('SELECT FROM metrics_late')).toHaveLength(1);
    expect(await counts()).toEqual([5, 5]);
  });

  it('a range that cannot be refreshed holds up the ones behind it once', async () => {
    const overflowing = `${hour} - INTERVAL '6 days'`;
    // In the place of any error that comes back, such as a disk that is too small for the range.
    await db.query('ALTER TABLE system_metrics DROP CONSTRAINT metric_value_finite');
    await db.query(
      `INSERT INTO system_metrics (time, service_name, metric_name, metric_value)
       SELECT ${overflowing}, 's', 'm', 1.7e308 FROM generate_series(1, 2)`,
    );
    await db.query(`INSERT INTO metrics_delta VALUES (${overflowing}, 's', 'm', NULL, 1, 2, 1, 1)`);
    await flush(hour);
    await db.query('SELECT fold_metrics()');
    for (const _ of ['first', 'second']) {
      await expect(db.query('CALL refresh_late_metrics()')).rejects.toThrow('out of range');
    }
    expect(await counts()).toEqual([6, 6]);
  });
});

describe('the fold, apache edition', () => {
  const flushes = 200;

  it('is exact at every moment and after being killed, and never makes a flush wait 50 ms for a lock', async () => {
    const db = await createTestDatabase();
    try {
      const writer = await LoadSession.open({ url: db.url, applicationName: 'chip-test-writer' });
      // A wait for a lock of more than 50 ms fails the flush, and with it the test.
      await writer.query("SET lock_timeout = '50ms'");
      let flushed = 0;
      let folding = true;
      let kills = 0;
      const fold = async (): Promise<void> => {
        while (folding) {
          const folder = await LoadSession.open({ url: db.url, applicationName: 'chip-test-fold' });
          await folder.begin();
          await folder.query('SELECT fold_metrics(300)');
          if (kills < 20) {
            // The fold has done its work but not committed: nothing of it may stay.
            kills++;
            await db.database.query('SELECT pg_terminate_backend($1)', [folder.backend.pid]);
          } else {
            await folder.query('COMMIT');
          }
          await folder.close();
        }
      };
      const watch = async (): Promise<void> => {
        let last = 0;
        while (folding) {
          const before = flushed;
          const [hourly] = await db.database.query<{ n: number }>(
            'SELECT coalesce(sum(sample_count), 0) AS n FROM metrics_hourly',
          );
          const count = hourly?.n ?? 0;
          expect(count % 1000).toBe(0);
          expect(count).toBeGreaterThanOrEqual(Math.max(last, before * 1000));
          last = count;
        }
      };
      const background = Promise.all([fold(), watch()]);
      for (; flushed < flushes || kills < 20; flushed++) {
        await writer.begin();
        const bucket = `2026-01-${String(1 + (flushed % 20)).padStart(2, '0')}T05:00:00Z`;
        const lines = Array.from({ length: 50 }, (__, host) =>
          encodeCopyRow([bucket, 's', 'm', `h${host}`, 20, 20, 0, 2]),
        );
        await writer.copy(
          'metrics_delta',
          ['bucket', 'service_name', 'metric_name', 'host', 'sum_value', 'sample_count', 'min_value', 'max_value'],
          [Buffer.from(lines.join(''))],
        );
        await writer.query('COMMIT');
      }
      folding = false;
      await background;
      expect(kills).toBe(20);
      while (((await db.database.query<{ n: number }>('SELECT fold_metrics() AS n'))[0]?.n ?? 0) > 0) {}
      for (const view of ['metrics_hourly', 'metrics_daily', 'metrics_hourly_base', 'metrics_daily_base']) {
        const [total] = await db.database.query<{ n: number; s: number; buckets: number }>(
          `SELECT sum(sample_count) AS n, sum(sum_value) AS s, count(DISTINCT bucket) AS buckets FROM ${view}`,
        );
        expect(total).toEqual({ n: flushed * 1000, s: flushed * 1000, buckets: 20 });
      }
      await writer.close();
    } finally {
      await db.drop();
    }
  });
});
