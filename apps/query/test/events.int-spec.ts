import { afterAll, beforeAll, expect, it } from '@jest/globals';
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
  const first = await listen();
  await until(first, all);
  // The first reading for any listener tells all positions again: one of them may have moved in between.
  await until(first, all);
  const listeners = [first, await listen()];
  await until(listeners[1]!, all);
  await stage.db.database.query(
    `UPDATE stream_positions SET next_offset = 8 WHERE source_topic = 'telemetry.samples.v1'`,
  );
  await Promise.all(listeners.map((listener) => until(listener, [{ ...TELEMETRY, next_offset: 8 }])));
  await stage.db.database.query(
    `UPDATE stream_positions SET state = 'gap' WHERE source_topic = 'inspection.results.v1'`,
  );
  await Promise.all(listeners.map((listener) => until(listener, [{ ...INSPECTIONS, next_offset: 42 }])));
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

it.each(['seconds=301', 'seconds=-1', 'seconds=x', 'other=1'])('refuses %s', async (query) => {
  expect((await stage.app.get(`/v1/events?${query}`)).status).toBe(400);
});
