import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@chip/testing';
import { Movements } from '../src/events/movements.ts';
import { Problem } from '../src/http/problem.error.ts';
import { StreamDatabases } from '../src/sql/stream-databases.ts';
import { openStage, QueryApp, type Stage } from './query-app.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await stage.db.database.query(
    `INSERT INTO stream_positions (source_topic, source_partition, next_offset, append_time, accepted_offset, origin_offset, high_watermark)
     VALUES ('inspection.results.v1', 0, 42, '2026-03-02T09:00:00Z', 3, 0, 50), ('telemetry.samples.v1', 0, 7, NULL, 0, 0, NULL)`,
  );
});
afterAll(() => stage.end());

const TELEMETRY = { topic: 'telemetry.samples.v1', partition: 0 };
const INSPECTIONS = { topic: 'inspection.results.v1', partition: 0 };

/** Positions of each event, as they arrive. */
async function* eventsOf(response: Response): AsyncGenerator<object[]> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of response.body as AsyncIterable<Uint8Array>) {
    text += decoder.decode(bytes, { stream: true });
    const events = text.split('\n\n');
    text = events.pop() as string;
    for (const event of events.filter((one) => !one.startsWith(':'))) {
      const [, data] = /^event: moved\ndata: (.*)$/.exec(event) as RegExpExecArray;
      yield (JSON.parse(data as string) as { positions: object[] }).positions;
    }
  }
}

it('tells the positions of now, and ends at once if asked to', async () => {
  const response = await fetch(`${stage.app.url}/v1/events?seconds=0`);
  expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
    200,
    'text/event-stream',
    'no-store',
  ]);
  const events: object[][] = [];
  for await (const positions of eventsOf(response)) {
    events.push(positions);
  }
  expect(events).toEqual([
    [
      { ...INSPECTIONS, next_offset: 42 },
      { ...TELEMETRY, next_offset: 7 },
    ],
  ]);
});

/** Reads events until one of them is about these positions alone. */
async function until(listener: AsyncGenerator<object[]>, expected: readonly object[]): Promise<void> {
  for await (const positions of { [Symbol.asyncIterator]: () => ({ next: () => listener.next() }) }) {
    if (JSON.stringify(positions) === JSON.stringify(expected)) {
      return;
    }
  }
  throw new Error(`the stream ended without ${JSON.stringify(expected)}`);
}

it('tells every listener what moved or stopped, and nothing else', async () => {
  const listen = async () => eventsOf(await fetch(`${stage.app.url}/v1/events?seconds=60`));
  const all = [
    { ...INSPECTIONS, next_offset: 42 },
    { ...TELEMETRY, next_offset: 7 },
  ];
  const listeners = [await listen(), await listen()];
  const next = () => Promise.all(listeners.map(async (listener) => (await listener.next()).value));
  expect(await next()).toEqual([all, all]);
  await stage.db.database.query(
    `UPDATE stream_positions SET next_offset = 8 WHERE source_topic = 'telemetry.samples.v1'`,
  );
  // Nothing comes before: the first reading for any listener, too, tells what has changed alone.
  expect(await next()).toEqual(listeners.map(() => [{ ...TELEMETRY, next_offset: 8 }]));
  await stage.db.database.query(
    `UPDATE stream_positions SET state = 'gap' WHERE source_topic = 'inspection.results.v1'`,
  );
  expect(await next()).toEqual(listeners.map(() => [{ ...INSPECTIONS, next_offset: 42 }]));
});

describe('what moves while the first positions of a listener are read', () => {
  const telemetry = (next_offset: number) => [{ ...TELEMETRY, next_offset }];
  const listen = async (seconds: number) => eventsOf(await fetch(`${stage.app.url}/v1/events?seconds=${seconds}`));
  const moveTo = (next_offset: number) =>
    stage.db.database.query(
      `UPDATE stream_positions SET next_offset = $1 WHERE source_topic = 'telemetry.samples.v1'`,
      [next_offset],
    );

  /** Opens a stream whose positions come late: `meanwhile` runs before they are read, or before they arrive. */
  async function listenLate(when: 'unread' | 'read', meanwhile: () => Promise<void>) {
    const { snapshots } = stage.app.app.get(StreamDatabases).all[0]!;
    const read = snapshots.read.bind(snapshots);
    snapshots.read = async (question) => {
      // Of this reading only: `meanwhile` may ask, too.
      snapshots.read = read;
      if (when === 'unread') {
        await meanwhile();
        return read(question);
      }
      const answer = await read(question);
      await meanwhile();
      return answer;
    };
    return listen(5);
  }

  it('is told behind them', async () => {
    const other = await listen(60);
    await moveTo(10);
    await until(other, telemetry(10));
    const late = await listenLate('read', async () => {
      await moveTo(11);
      await until(other, telemetry(11));
    });
    expect((await late.next()).value).toContainEqual({ ...TELEMETRY, next_offset: 10 });
    await until(late, telemetry(11));
  });

  it('is not told when they are newer', async () => {
    const other = await listen(60);
    await moveTo(20);
    await until(other, telemetry(20));
    const late = await listenLate('unread', async () => {
      for (const offset of [21, 22]) {
        await moveTo(offset);
        await until(other, telemetry(offset));
      }
    });
    expect((await late.next()).value).toContainEqual({ ...TELEMETRY, next_offset: 22 });
    await moveTo(23);
    expect((await late.next()).value).toEqual(telemetry(23));
  });

  it('is not told by a reading that began before', async () => {
    const other = await QueryApp.start(stage.db.url);
    try {
      await moveTo(28);
      const first = eventsOf(await fetch(`${other.url}/v1/events?seconds=60`));
      await first.next();
      // What changed before the first reading would count as known.
      await moveTo(29);
      await until(first, telemetry(29));
      const { database } = other.app.get(StreamDatabases).all[0]!;
      const withSnapshot = database.withSnapshot.bind(database);
      const [read, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      database.withSnapshot = async (...work) => {
        database.withSnapshot = withSnapshot;
        await moveTo(30);
        const rows = await withSnapshot(...work);
        await moveTo(31);
        read.resolve();
        await told.promise;
        return rows;
      };
      await read.promise;
      const late = eventsOf(await fetch(`${other.url}/v1/events?seconds=60`));
      expect((await late.next()).value).toContainEqual({ ...TELEMETRY, next_offset: 31 });
      told.resolve();
      await moveTo(32);
      expect((await late.next()).value).toEqual(telemetry(32));
    } finally {
      await other.stop();
    }
  });

  it('has no listener left when they cannot be read', async () => {
    const { listeners } = stage.app.app.get(Movements);
    const { snapshots } = stage.app.app.get(StreamDatabases).all[0]!;
    const read = snapshots.read.bind(snapshots);
    snapshots.read = async () => {
      snapshots.read = read;
      throw new Problem(503, 'database_unavailable', 'away');
    };
    expect((await stage.app.get('/v1/events')).status).toBe(503);
    // Streams of other tests may end meanwhile.
    expect(stage.app.app.get(Movements).listeners).toBeLessThanOrEqual(listeners);
  });
});

it('ends with the service, which waits for no reader', async () => {
  const other = await QueryApp.start(stage.db.url);
  const response = await fetch(`${other.url}/v1/events?seconds=300`);
  const reader = eventsOf(response);
  expect((await reader.next()).value).toHaveLength(2);
  await other.stop();
  for (let next = await reader.next(); !next.done; next = await reader.next()) {
    expect(next.value).toHaveLength(2);
  }
});

it('ends a stream that opens while the service ends', async () => {
  const other = await QueryApp.start(stage.db.url);
  const { snapshots } = other.app.get(StreamDatabases).all[0]!;
  const read = snapshots.read.bind(snapshots);
  let stopped: Promise<void> | undefined;
  snapshots.read = async (question) => {
    stopped = other.stop();
    await other.refusesConnections();
    return read(question);
  };
  const reader = eventsOf(await fetch(`${other.url}/v1/events?seconds=300`));
  expect((await reader.next()).value).toHaveLength(2);
  for (let next = await reader.next(); !next.done; next = await reader.next()) {
    expect(next.value).toHaveLength(2);
  }
  await stopped;
});

it('closes a stream whose reader does not read', async () => {
  const other = await QueryApp.start(stage.db.url);
  const movements = other.app.get(Movements);
  const listen = movements.listen.bind(movements);
  let tell: Parameters<typeof listen>[0] = () => undefined;
  movements.listen = (listener) => listen((tell = listener));
  const response = await fetch(`${other.url}/v1/events?seconds=300`);
  expect(response.status).toBe(200);
  const moved = (next_offset: number) =>
    Array.from({ length: 1_000 }, (_, partition) => ({
      ...{ source: 'writer' as const, state: 'running', topic: 'telemetry.samples.v1' },
      ...{ partition, next_offset },
    }));
  let offset = 0;
  await waitFor(() => {
    for (let told = 0; told < 20; told++) {
      tell(moved(++offset), Infinity);
    }
    return movements.listeners === 0;
  });
  await other.stop();
});

it('opens no more streams than it may, however many ask at once', async () => {
  const stop = new AbortController();
  const other = await QueryApp.start(stage.db.url);
  const asked = await Promise.all(
    Array.from({ length: 210 }, () => fetch(`${other.url}/v1/events?seconds=300`, { signal: stop.signal })),
  );
  const refused = asked.filter(({ status }) => status === 503);
  const { listeners } = other.app.get(Movements);
  stop.abort();
  await waitFor(() => other.app.get(Movements).listeners === 0);
  await other.stop();
  // A busy machine also refuses what waits too long for a connection.
  expect(refused.length).toBe(210 - listeners);
  expect(listeners).toBeGreaterThan(100);
  expect(listeners).toBeLessThanOrEqual(200);
});

it.each(['seconds=301', 'seconds=-1', 'seconds=x', 'other=1'])('refuses %s', async (query) => {
  expect((await stage.app.get(`/v1/events?${query}`)).status).toBe(400);
});
