import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { acceptGap, initPosition, setHighWatermarks, setPositionState, storeIngestPartitions } from '@chip/persistence';
import { openStage, type Stage } from './query-app.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());

interface Partition {
  topic: string;
  partition: number;
  [name: string]: unknown;
}
interface Body {
  partitions: Partition[];
  topics: Record<string, unknown>[];
  ingest: Record<string, unknown>[];
  balanced: boolean;
  as_of: { positions: unknown[] };
}
const get = async (path: string): Promise<Body> => {
  const { status, body } = await stage.app.get<Body>(path);
  expect(status).toBe(200);
  return body;
};

it('before anything arrived there are no partitions, and the ledger balances', async () => {
  expect(await get('/v1/pipeline')).toMatchObject({
    partitions: [],
    ingest: [],
    topics: [],
    as_of: { time: null, positions: [] },
  });
  expect(await get('/v1/ledger')).toMatchObject({ partitions: [], balanced: true });
});

describe('with partitions in different states', () => {
  const topic = 'telemetry.samples.v1';
  beforeAll(async () => {
    const { database } = stage.db;
    const move = (partition: number, from: number, to: number, append: string, counters: number[]) =>
      database.query(`SELECT move_position($1, $2, $3, $4, ${append}, 1, NULL, $5, $6, $7, $8, $9, $10)`, [
        topic,
        partition,
        from,
        to,
        ...counters,
      ]);
    // 0: 100 records in 103 offsets, 7 more waiting for a minute; 1: caught up; 2: stopped at a gap; 3: gave up 5 offsets.
    await initPosition(database, topic, 0, 10n, 0n);
    await move(0, 10, 113, `now() - INTERVAL '60 s'`, [100, 250, 240, 8, 2, 240]);
    await setHighWatermarks(database, topic, new Map([[0, 120n]]));
    await initPosition(database, topic, 1, 0n, 0n);
    await move(1, 0, 50, `now() - INTERVAL '1 h'`, [50, 50, 50, 0, 0, 50]);
    await setHighWatermarks(database, topic, new Map([[1, 50n]]));
    await initPosition(database, topic, 2, 0n, 0n);
    await setPositionState(database, topic, 2, 'gap', 'offsets 0 to 9 are missing');
    await initPosition(database, topic, 3, 0n, 0n);
    await database.withTransaction((transaction) =>
      acceptGap(transaction, {
        topic,
        partition: 3,
        fromOffset: 0n,
        toOffset: 5n,
        kind: 'retention',
        reason: 'line was down',
        acceptedBy: 'jo',
      }),
    );
    await move(3, 5, 6, 'now()', [1, 1, 1, 0, 0, 1]);
    await initPosition(database, 'inspection.results.v1', 0, 0n, 0n);
  });

  it('shows position, lag and state of each', async () => {
    const { partitions } = await get('/v1/pipeline');
    expect(partitions.map((p) => [p.topic, p.partition, p['state'], p['next_offset'], p['lag_events']])).toEqual([
      ['inspection.results.v1', 0, 'running', 0, null],
      [topic, 0, 'running', 113, 7],
      [topic, 1, 'running', 50, 0],
      [topic, 2, 'gap', 0, null],
      [topic, 3, 'running', 6, 0],
    ]);
    expect(partitions[1]).toMatchObject({
      records: 100,
      elements: 250,
      applied: 240,
      dead_lettered: 8,
      duplicates: 2,
      gaps: 0,
    });
    const waited = partitions[1]!['lag_seconds'] as number;
    expect(waited).toBeGreaterThanOrEqual(60);
    expect(waited).toBeLessThan(120);
    expect(partitions[2]!['lag_seconds']).toBe(0);
    expect(partitions[3]).toMatchObject({ state_reason: 'offsets 0 to 9 are missing', lag_seconds: null });
  });

  it('sums up per topic; an unknown lag stays unknown', async () => {
    const { topics } = await get('/v1/pipeline');
    expect(topics).toEqual([
      expect.objectContaining({ topic: 'inspection.results.v1', partitions: 1, running: 1, lag_events: null }),
      expect.objectContaining({
        topic,
        partitions: 4,
        running: 3,
        lag_events: null,
        applied: 291,
        dead_lettered: 8,
        duplicates: 2,
      }),
    ]);
  });

  it('the ledger balances offsets and events', async () => {
    const { partitions, balanced } = await get('/v1/ledger');
    expect(balanced).toBe(true);
    expect(partitions[1]).toMatchObject({
      offsets: { from: 10, to: 120, records: 100, skipped: 3, in_flight: 7, gaps: 0, balanced: true },
      elements: { elements: 250, applied: 240, dead_lettered: 8, duplicates: 2, balanced: true },
      accepted_gaps: [],
    });
    expect(partitions[4]).toMatchObject({
      offsets: { from: 0, to: 6, records: 1, skipped: 0, in_flight: 0, gaps: 5, balanced: true },
      accepted_gaps: [{ from_offset: 0, to_offset: 5, kind: 'retention', reason: 'line was down', accepted_by: 'jo' }],
    });
  });

  it.each([
    ['records = records - 1', 'offsets'],
    ['applied = applied - 1', 'elements'],
    ['dead_lettered = dead_lettered + 1', 'elements'],
  ])('the ledger notices %s', async (wrong, balance) => {
    const { database } = stage.db;
    const [saved] = await database.query<{ records: number; applied: number; dead_lettered: number }>(
      `SELECT records, applied, dead_lettered FROM stream_positions WHERE source_topic = $1 AND source_partition = 0`,
      [topic],
    );
    await database.query(`UPDATE stream_positions SET ${wrong} WHERE source_topic = $1 AND source_partition = 0`, [
      topic,
    ]);
    const { partitions, balanced } = await get('/v1/ledger');
    expect(balanced).toBe(false);
    expect((partitions[1]![balance] as { balanced: boolean }).balanced).toBe(false);
    await database.query(
      `UPDATE stream_positions SET records = $2, applied = $3, dead_lettered = $4 WHERE source_topic = $1 AND source_partition = 0`,
      [topic, saved!.records, saved!.applied, saved!.dead_lettered],
    );
  });

  it('refuses parameters', async () => {
    for (const path of ['/v1/pipeline?partition=0', '/v1/ledger?x=1']) {
      expect((await stage.app.get(path)).body['code']).toBe('unknown_parameter');
    }
  });
});

it('shows where and why ingest stopped, and not where it runs', async () => {
  const row = { topic: 'inspection.results.v1', stateReason: 'why', atOffset: 7, toOffset: 9 };
  await storeIngestPartitions(
    stage.db.database,
    [
      { ...row, partition: 1, state: 'undecodable_batch' },
      { ...row, partition: 2, state: 'running' },
    ],
    'ingest-1',
  );
  expect((await get('/v1/pipeline')).ingest).toEqual([
    {
      topic: row.topic,
      partition: 1,
      state: 'undecodable_batch',
      state_reason: 'why',
      state_since: expect.stringMatching(/Z$/),
      at_offset: 7,
      to_offset: 9,
      owner: 'ingest-1',
    },
  ]);
});
