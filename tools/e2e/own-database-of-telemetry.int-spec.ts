import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requiredEnv, waitFor } from '@chip/testing';
import pg from 'pg';
import { Pipeline, type Service } from './pipeline.ts';

const SAMPLES = 'telemetry.samples.v1';
const RESULTS = 'inspection.results.v1';
const NOW = Date.now();
const RANGE = `from=${new Date(NOW - 3_600_000).toISOString()}&to=${new Date(NOW + 3_600_000).toISOString()}`;

let pipeline: Pipeline;
let telemetry: { url: string; client: pg.Client };
let query: Service;

beforeAll(async () => {
  pipeline = await Pipeline.create();
}, 300_000);

afterAll(async () => {
  await pipeline?.close();
}, 180_000);

/** 600 samples of metric m, whose values are 1, and 40 chips of one lot. */
async function publish(round: string): Promise<void> {
  await pipeline.produce(
    SAMPLES,
    Array.from({ length: 600 }, (_, i) => ({
      key: `h${i % 20}`,
      value: JSON.stringify({
        time: new Date(NOW - i * 11).toISOString(),
        service_name: round,
        metric_name: 'm',
        metric_value: 1,
        host: `h${i % 20}`,
      }),
    })),
  );
  await pipeline.produce(
    RESULTS,
    Array.from({ length: 40 }, (_, i) => ({
      key: `${round}-${i}`,
      value: JSON.stringify({
        event_id: randomUUID(),
        lot_id: round,
        chip_id: `C${i}`,
        inspection_type: 'electrical',
        status: 'completed',
        result: i % 4 === 0 ? 'fail' : 'pass',
        occurred_at: new Date(NOW).toISOString(),
      }),
    })),
  );
}

const held = async (client: pg.Client): Promise<unknown> =>
  (
    await client.query(
      `SELECT (SELECT count(*)::int FROM system_metrics) AS samples, (SELECT count(*)::int FROM inspections) AS chips`,
    )
  ).rows[0];

/** The members of answers that the tests look at. */
interface Answer {
  readonly points: readonly { readonly sample_count: number }[];
  readonly items: unknown;
  readonly totals: unknown;
  readonly topics: readonly { readonly topic: string }[];
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
  readonly as_of: { readonly positions: readonly unknown[] };
  readonly balanced: boolean;
  readonly checks: Readonly<Record<string, { readonly state: string }>>;
}

const ask = async (path: string): Promise<{ status: number; body: Answer }> => {
  const response = await fetch(query.url + path);
  const text = await response.text();
  return { status: response.status, body: (text.startsWith('{') ? JSON.parse(text) : text) as Answer };
};

/** Ends every session of a database and admits no more, as a server that is away; or admits them again. */
async function setAway(database: string, isAway: boolean): Promise<void> {
  const client = new pg.Client({ connectionString: requiredEnv('DATABASE_URL') });
  await client.connect();
  try {
    await client.query(`ALTER DATABASE ${database} CONNECTION LIMIT ${isAway ? 0 : -1}`);
    if (isAway) {
      // Not the scheduler of TimescaleDB, which belongs to the superuser.
      await client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = current_user',
        [database],
      );
    }
  } finally {
    await client.end();
  }
}

describe('telemetry in a database of its own', () => {
  it('loads each stream into its own, from where the former writer ended, none lost, none twice', async () => {
    const [ingest, writer] = await Promise.all([pipeline.start('ingest'), pipeline.start('writer')]);
    await publish('before');
    await pipeline.untilIdle();
    await Promise.all([pipeline.end(ingest), pipeline.end(writer)]);

    telemetry = await pipeline.addDatabase();
    // A copy of the former database has them, too. Here only they are taken over, so that each row has one place.
    const { rows } = await pipeline.database.query<object>('SELECT * FROM stream_positions');
    await telemetry.client.query(
      'INSERT INTO stream_positions SELECT * FROM json_populate_recordset(null::stream_positions, $1)',
      [JSON.stringify(rows)],
    );
    await publish('after');
    const own = { DATABASE_URL: telemetry.url, WRITER_STREAMS: 'telemetry', INGEST_STREAMS: 'telemetry' };
    const rest = { WRITER_STREAMS: 'inspection', INGEST_STREAMS: 'inspection' };
    [query] = await Promise.all([
      pipeline.start('query', { TELEMETRY_DATABASE_URL: telemetry.url }),
      ...[own, rest].flatMap((env) => [pipeline.start('ingest', env), pipeline.start('writer', env)]),
    ]);
    await pipeline.untilIdle();

    expect(await held(pipeline.database)).toEqual({ samples: 600, chips: 80 });
    expect(await held(telemetry.client)).toEqual({ samples: 600, chips: 0 });
    expect((await pipeline.database.query(`SELECT DISTINCT service_name FROM system_metrics`)).rows).toEqual([
      { service_name: 'before' },
    ]);
    expect((await telemetry.client.query(`SELECT DISTINCT service_name FROM system_metrics`)).rows).toEqual([
      { service_name: 'after' },
    ]);
  }, 240_000);

  it('answers each question from the database that has the stream', async () => {
    const summary = await ask(`/v1/telemetry/summary?metric_name=m&${RANGE}`);
    expect(summary.body).toMatchObject({ services: [{ service_name: 'after', sample_count: 600, avg_value: 1 }] });
    const series = await ask(`/v1/telemetry/series?metric_name=m&${RANGE}`);
    expect(series.body.points.reduce((sum, point) => sum + point.sample_count, 0)).toBe(600);
    expect((await ask('/v1/metrics')).body.items).toMatchObject([{ name: 'm' }]);
    const rows = String((await ask(`/v1/export/telemetry?${RANGE}`)).body)
      .trim()
      .split('\r\n');
    expect(rows).toHaveLength(601);
    expect((await ask(`/v1/yield?kind=first_pass&${RANGE}`)).body.totals).toMatchObject({ units: 80, passed: 60 });
    expect((await ask('/health/ready')).body).toMatchObject({
      checks: { database: { state: 'up' }, telemetry_database: { state: 'up' } },
    });
  });

  it('accounts for every partition once, by the database whose writers move it', async () => {
    const { body } = await ask('/v1/pipeline');
    const sum = (topic: string) => body.topics.find((one) => one.topic === topic);
    expect(sum(SAMPLES)).toMatchObject({ applied: 1200, lag_events: 0 });
    expect(sum(RESULTS)).toMatchObject({ applied: 80, lag_events: 0 });
    const names = body.partitions.map(({ topic, partition }) => `${topic}/${partition}`);
    expect(new Set(names).size).toBe(names.length);
    expect(body.as_of.positions).toHaveLength(body.partitions.length);
    const ledger = (await ask('/v1/ledger')).body;
    expect([ledger.balanced, ledger.partitions.length]).toEqual([true, body.partitions.length]);
    const events = String((await ask('/v1/events?seconds=0')).body);
    expect(JSON.parse(events.split('data: ')[1]!).positions).toHaveLength(body.partitions.length);
  });

  it('says which database is away, and answers from the other', async () => {
    const name = new URL(telemetry.url).pathname.slice(1);
    await setAway(name, true);
    try {
      for (const path of [
        `/v1/telemetry/summary?metric_name=m&${RANGE}`,
        '/v1/metrics',
        '/v1/pipeline',
        '/v1/ledger',
      ]) {
        expect([path, await ask(path)]).toMatchObject([
          path,
          {
            status: 503,
            body: { code: 'database_unavailable', detail: 'the database of telemetry does not answer: try again' },
          },
        ]);
      }
      expect((await ask(`/v1/yield?kind=first_pass&${RANGE}`)).body.totals).toMatchObject({ units: 80 });
      const ready = await ask('/health/ready');
      expect([ready.status, ready.body.checks['telemetry_database']?.state]).toEqual([200, 'degraded']);
    } finally {
      await setAway(name, false);
    }
    await waitFor(
      () => ask('/v1/pipeline'),
      ({ status }) => status === 200,
      { intervalMs: 200 },
    );
  });
});
