import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@chip/testing';
import { Pipeline, type Service } from './pipeline.ts';
import { javaClient, runJava } from './run-java.ts';

const SAMPLES = 'telemetry.samples.v1';
const RESULTS = 'inspection.results.v1';

let pipeline: Pipeline;
let ingest: Service;
let writer: Service;
let query: Service;

beforeAll(async () => {
  pipeline = await Pipeline.create();
  [ingest, writer, query] = await Promise.all([
    pipeline.start('ingest'),
    pipeline.start('writer'),
    pipeline.start('query'),
  ]);
}, 300_000);

afterAll(async () => {
  await pipeline?.close();
}, 180_000);

const NOW = Date.now();
const sample = (i: number, service: string): Record<string, unknown> => ({
  time: new Date(NOW - i * 7).toISOString(),
  service_name: service,
  metric_name: `m${i % 10}`,
  metric_value: i,
  host: `h${i % 50}`,
  tags: { i },
});

/** Ten ways to be refused, each with its code. */
const BAD: readonly [code: string, make: (good: Record<string, unknown>, i: number) => Buffer | string | null][] = [
  ['malformed_json', (_, i) => `{"time": ${i}`],
  ['malformed_json', () => null],
  ['schema_violation', (good) => JSON.stringify({ ...good, time: undefined })],
  ['schema_violation', (good) => JSON.stringify({ ...good, metric_value: 'high' })],
  ['schema_violation', (good) => JSON.stringify({ ...good, service_name: 'x'.repeat(101) })],
  ['value_out_of_range', (good) => JSON.stringify(good).replace(/"metric_value":\d+/, '"metric_value":1e400')],
  ['time_out_of_range', (good) => JSON.stringify({ ...good, time: '1999-12-31T23:59:59Z' })],
  ['invalid_text', (good) => JSON.stringify({ ...good, host: 'a\0b' })],
  ['invalid_text', (_, i) => Buffer.from([0x7b, 0xff, 0x7d, i % 256])],
  ['too_deep', (_, i) => `{"i":${i},"x":${'['.repeat(50)}${']'.repeat(50)}}`],
];

describe('the main path, seen from outside', () => {
  it('lands 29,700 of 30,000 samples and makes 300 dead letters, none lost, none twice', async () => {
    const expected = new Map<string, { code: string; value: Buffer | null }>();
    const messages = Array.from({ length: 30_000 }, (_, i) => {
      const good = sample(i, 'bulk');
      // The key only decides the partition; the test finds its letters by their bytes.
      if (i % 100 !== 42) {
        return { key: `h${i % 50}`, value: JSON.stringify(good) };
      }
      const [code, make] = BAD[Math.floor(i / 100) % BAD.length]!;
      const value = make({ ...good, n: i }, i);
      expected.set(String(i), { code, value: value === null ? null : Buffer.from(value) });
      return { key: `h${i % 50}`, value, headers: { n: String(i) } };
    });
    await pipeline.produce(SAMPLES, messages);
    await pipeline.untilIdle();

    const rows = await pipeline.one<{ rows: string; distinct: string; sum: string }>(
      `SELECT count(*) AS rows, count(DISTINCT tags->>'i') AS distinct, sum(metric_value) AS sum
       FROM system_metrics WHERE service_name = 'bulk'`,
    );
    const good = Array.from({ length: 30_000 }, (_, i) => i).filter((i) => i % 100 !== 42);
    expect(rows).toEqual({
      rows: '29700',
      distinct: '29700',
      sum: good.reduce((sum, i) => sum + i, 0),
    });

    const letters = (await pipeline.letters(SAMPLES)).filter(({ headers }) => headers['n'] !== undefined);
    expect(letters).toHaveLength(300);
    expect(new Set(letters.map(({ key }) => key)).size).toBe(300);
    for (const letter of letters) {
      const { code, value } = expected.get(letter.headers['n']!)!;
      expect(letter.headers).toMatchObject({ 'error-code': code, stage: 'ingest', 'source-topic': SAMPLES });
      expect(letter.headers['error-detail']).toMatch(/got .*expected/);
      expect(letter.key).toBe(`${SAMPLES}/${letter.headers['source-partition']}/${letter.headers['source-offset']}`);
      if (value === null) {
        expect(letter.value).toBeNull();
      } else {
        expect(value.equals(letter.value!)).toBe(true);
      }
    }
  }, 300_000);

  it('accepts 997 of an array of 1,000 and makes a letter of each of the three others', async () => {
    const elements = Array.from({ length: 1000 }, (_, i) => (i % 400 === 5 ? { bad: i } : sample(i, 'array')));
    await pipeline.produce(SAMPLES, [{ key: 'array', value: JSON.stringify(elements), headers: { test: 'array' } }]);
    await pipeline.untilIdle();
    const { rows } = await pipeline.one<{ rows: string }>(
      `SELECT count(*) AS rows FROM system_metrics WHERE service_name = 'array'`,
    );
    expect(rows).toBe('997');
    const letters = (await pipeline.letters(SAMPLES)).filter(({ headers }) => headers['test'] === 'array');
    expect(letters.map(({ value }) => value!.toString()).sort()).toEqual(['{"bad":405}', '{"bad":5}', '{"bad":805}']);
    expect(letters.map(({ headers }) => Number(headers['source-index'])).sort((a, b) => a - b)).toEqual([5, 405, 805]);
    expect(letters.every(({ key, headers }) => key.endsWith(`/${headers['source-index']}`))).toBe(true);
  });

  it('keeps telemetry in chunks of one day', async () => {
    const { rows } = await pipeline.database.query<{ days: string }>(
      `SELECT extract(epoch FROM range_end - range_start) / 86400 AS days
       FROM timescaledb_information.chunks WHERE hypertable_name = 'system_metrics'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ days }) => Number(days) === 1)).toBe(true);
  });

  it('moves the position past the marker of a transaction, and reads nothing of an aborted one', async () => {
    const transactional = pipeline.kafka.producer({
      transactionalId: `e2e-${NOW}`,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await transactional.connect();
    for (const isCommitted of [true, false]) {
      const transaction = await transactional.transaction();
      const value = JSON.stringify(sample(0, isCommitted ? 'committed' : 'aborted'));
      await transaction.send({ topic: SAMPLES, messages: [{ key: 'transaction', value }] });
      await (isCommitted ? transaction.commit() : transaction.abort());
    }
    await transactional.disconnect();
    await pipeline.untilIdle();
    const { rows } = await pipeline.database.query(
      `SELECT service_name FROM system_metrics WHERE service_name IN ('committed', 'aborted')`,
    );
    expect(rows).toEqual([{ service_name: 'committed' }]);
  });

  it('lands what the Java client sends with each compression, and nothing of its aborted transactions', async () => {
    await runJava(path.join(import.meta.dirname, 'JavaProducer.java'), javaClient());
    await pipeline.untilIdle();
    const { rows } = await pipeline.database.query(
      `SELECT service_name, count(*)::int AS rows, count(DISTINCT metric_value)::int AS distinct
       FROM system_metrics WHERE service_name LIKE 'java-%' GROUP BY service_name`,
    );
    const services = ['none', 'gzip', 'snappy', 'lz4', 'zstd'].flatMap((compression) => [
      { service_name: `java-${compression}`, rows: 2_000, distinct: 2_000 },
      { service_name: `java-${compression}-committed`, rows: 4_000, distinct: 4_000 },
    ]);
    expect(rows.length).toBe(services.length);
    expect(rows).toEqual(expect.arrayContaining(services));
  }, 300_000);

  it('makes a dead letter of each row that the database refuses, and lands its neighbours', async () => {
    await pipeline.database.query(
      `ALTER TABLE system_metrics ADD CONSTRAINT no_sevens CHECK (service_name <> 'picky' OR metric_value::int % 70 <> 7)`,
    );
    await pipeline.database.query(
      `ALTER TABLE measurement_values ADD CONSTRAINT no_poison CHECK (-1325 <> ALL (digits))`,
    );
    try {
      await pipeline.produce(
        SAMPLES,
        Array.from({ length: 700 }, (_, i) => ({
          key: 'picky',
          value: JSON.stringify({ ...sample(i, 'picky'), host: 'h', serial: i }),
        })),
      );
      await pipeline.produce(
        RESULTS,
        Array.from({ length: 20 }, (_, i) => ({
          key: 'POISON',
          value: JSON.stringify({
            event_id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
            lot_id: 'POISON',
            chip_id: `C${i}`,
            inspection_type: i === 3 ? 'astrology' : 'electrical',
            status: 'completed',
            result: 'pass',
            occurred_at: new Date(NOW).toISOString(),
            measurements: [{ name: 'poison', value: i === 11 ? -13.25 : 1 }],
          }),
        })),
      );
      await pipeline.untilIdle();
      const telemetry = await pipeline.one<{ rows: string }>(
        `SELECT count(*) AS rows FROM system_metrics WHERE service_name = 'picky'`,
      );
      expect(telemetry.rows).toBe('690');
      const rejected = (await pipeline.letters(SAMPLES)).filter(({ headers }) => headers['stage'] === 'writer');
      expect(rejected).toHaveLength(10);
      for (const { headers, value } of rejected) {
        expect(headers).toMatchObject({ 'error-code': 'database_rejected', content: 'normalised' });
        expect(headers['error-detail']).toMatch(/SQLSTATE 23514/);
        // As a machine could send it: unknown fields outside the tags.
        const event = JSON.parse(value!.toString()) as { metric_value: number; serial: number; tags: object };
        expect(event).toMatchObject({ serial: event.metric_value, tags: { i: event.metric_value } });
        expect(event.metric_value % 70).toBe(7);
      }
      const chips = await pipeline.one<{ rows: string; inspections: string }>(
        `SELECT (SELECT count(*) FROM measurements WHERE name = 'poison') AS rows,
                (SELECT count(*) FROM inspections i JOIN lots l ON l.id = i.lot_id WHERE l.lot_id = 'POISON') AS inspections`,
      );
      expect(chips).toEqual({ rows: '18', inspections: '18' });
      const letters = await pipeline.letters(RESULTS);
      expect(letters.map(({ headers }) => headers['error-code']).sort()).toEqual([
        'database_rejected',
        'unknown_inspection_type',
      ]);
    } finally {
      await pipeline.database.query(`ALTER TABLE system_metrics DROP CONSTRAINT no_sevens`);
      await pipeline.database.query(`ALTER TABLE measurement_values DROP CONSTRAINT no_poison`);
    }
  });

  it('replays a data set twice without changing a count', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'secom-'));
    const days = [19, 19, 20, 20, 20].map((day, i) => `${day}/07/2008 ${10 + i}:00:00`);
    writeFileSync(
      path.join(folder, 'secom_labels.data'),
      days.map((day, i) => `${i % 2 ? 1 : -1} "${day}"\n`).join(''),
    );
    const rows = days.map(
      (_, i) => `${i + 1},2008-07-${days[i]!.slice(0, 2)}T${10 + i}:00:00,${i % 2 ? 1 : -1},${i}.5,${i === 2 ? '' : 7}`,
    );
    writeFileSync(
      path.join(folder, 'secom_sensors.csv.gz'),
      gzipSync(['run,timestamp,label,s000,s001', ...rows, ''].join('\n')),
    );
    const counts = () =>
      pipeline.one(
        `SELECT (SELECT count(*) FROM inspections WHERE inspection_type = 'metrology') AS inspections,
                (SELECT count(*) FROM inspection_attempts WHERE inspection_type = 'metrology') AS attempts,
                (SELECT count(*) FROM measurements WHERE name LIKE 's00_') AS measurements,
                (SELECT count(value) FROM measurements WHERE name LIKE 's00_') AS measured,
                (SELECT count(*) FROM lots WHERE lot_id LIKE 'SECOM%') AS lots`,
      );
    for (let round = 0; round < 2; round++) {
      await pipeline.run('machines', 'replay', ['secom', folder]);
      await pipeline.untilIdle();
      expect(await counts()).toEqual({ inspections: '5', attempts: '5', measurements: '10', measured: '9', lots: '2' });
    }
    const { duplicates } = await pipeline.one<{ duplicates: string }>(
      `SELECT sum(duplicates) AS duplicates FROM stream_positions WHERE source_topic = '${RESULTS}'`,
    );
    expect(duplicates).toBe('5');
    const response = await fetch(
      `${query.url}/v1/yield?group_by=day&from=2008-07-01T00:00:00Z&to=2008-08-01T00:00:00Z`,
    );
    const answer = (await response.json()) as { groups: object[]; totals: object };
    expect(answer.groups).toMatchObject([
      { key: '2008-07-19', units: 2, passed: 1, failed: 1, yield: 0.5 },
      { key: '2008-07-20', units: 3, passed: 2, failed: 1 },
    ]);
    expect(answer.totals).toMatchObject({ units: 5, passed: 3, failed: 2, yield: 0.6 });
  });

  it('balances its ledger', async () => {
    const { rows } = await pipeline.database.query(
      `SELECT source_topic, source_partition FROM stream_positions
       WHERE next_offset - origin_offset <> records + skipped + gaps OR elements <> applied + dead_lettered + duplicates`,
    );
    expect(rows).toEqual([]);
  });

  it('hands partitions over when one of two instances stops, under load, and stays exact', async () => {
    const [secondIngest, secondWriter] = await Promise.all([pipeline.start('ingest'), pipeline.start('writer')]);
    const assigned = async (service: Service, metric: string): Promise<number> =>
      (await (await fetch(`${service.url}/metrics`)).text())
        .split('\n')
        .filter(
          (line) =>
            line.startsWith(`${metric}{`) &&
            line.includes(SAMPLES.replace('samples', metric.includes('writer') ? 'accepted' : 'samples')),
        ).length;
    await waitFor(
      async () => [
        await assigned(ingest, 'chip_ingest_lag_records'),
        await assigned(secondIngest, 'chip_ingest_lag_records'),
        await assigned(writer, 'chip_writer_lag_records'),
        await assigned(secondWriter, 'chip_writer_lag_records'),
      ],
      (counts) => counts.every((count) => count === 4),
    );
    const load = pipeline.produce(
      SAMPLES,
      Array.from({ length: 60_000 }, (_, i) => ({ key: `h${i % 50}`, value: JSON.stringify(sample(i, 'handover')) })),
    );
    expect(await Promise.all([pipeline.end(ingest), pipeline.end(writer)])).toEqual([0, 0]);
    await waitFor(
      async () => [
        await assigned(secondIngest, 'chip_ingest_lag_records'),
        await assigned(secondWriter, 'chip_writer_lag_records'),
      ],
      (counts) => counts.every((count) => count === 8),
    );
    // And one of each dies without notice.
    ingest = await pipeline.start('ingest');
    writer = await pipeline.start('writer');
    await load;
    await Promise.all([pipeline.end(secondIngest, 'SIGKILL'), pipeline.end(secondWriter, 'SIGKILL')]);
    await pipeline.untilIdle();
    const rows = await pipeline.one<{ rows: string; distinct: string }>(
      `SELECT count(*) AS rows, count(DISTINCT tags->>'i') AS distinct FROM system_metrics WHERE service_name = 'handover'`,
    );
    expect(rows).toEqual({ rows: '60000', distinct: '60000' });
  }, 300_000);
});
