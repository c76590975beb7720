import { BLOCK_PAYLOAD_TARGET_BYTES, TELEMETRY } from '@chip/contracts';
import { type KafkaRecord, KafkaUnavailableError, type PartitionStatus, type RecordBatch } from '@chip/kafka';
import type { IngestDecision, Queryable } from '@chip/persistence';
import { createLogger } from '@chip/service';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { IngestMetrics } from '../ingest.metrics.ts';
import { MachineTopics } from '../machine-topics.ts';
import { Standstills } from '../standstills.ts';
import { lookAgain } from './clock-look.ts';
import type { MachineStreamParts, Memory } from './machine-stream.parts.ts';
import { MachineStream } from './machine-stream.ts';
import { READERS } from './readers.ts';
import { RefusalBrake } from './refusal-brake.ts';

const { logger } = createLogger({ name: 'test', level: 'silent' });
const topic = TELEMETRY.source;
const where = { topic, partition: 0, assignment: 1, signal: new AbortController().signal };
const skip: IngestDecision = {
  topic,
  partition: 0,
  kind: 'skip_batch',
  atOffset: 5,
  toOffset: 8,
  clockShiftMs: 0,
  topicId: 'one',
  by: 'jo',
  reason: 'test',
};

let decisions: IngestDecision[];
let id: string;
/** What became of batches: where reading goes on, why it stops, and how often something was sent. */
let seeks: number[];
let commits: number[];
let pauses: string[];
let sent: number;
/** The headers of the blocks that were sent. */
let blocks: Record<string, string>[];
let standstills: Standstills;
let parts: MachineStreamParts;

beforeEach(async () => {
  decisions = [skip];
  id = 'one';
  seeks = [];
  commits = [];
  pauses = [];
  sent = 0;
  blocks = [];
  const database = {
    query: (sql: string) => Promise.resolve(sql.includes('ingest_decisions') ? decisions : []),
  } as unknown as Queryable;
  standstills = new Standstills(database, 'test', logger);
  await standstills.sync();
  const send = (
    _topic: string,
    _partition: number,
    [block]: { headers: Record<string, string> }[],
  ): Promise<number> => {
    blocks.push(block!.headers);
    return Promise.resolve(sent++);
  };
  parts = {
    stream: TELEMETRY,
    reader: READERS.telemetry(),
    server: { resume: () => undefined, seek: (...to: unknown[]) => seeks.push(...to.slice(2).map(Number)) },
    producer: { send, sendAll: () => Promise.resolve(sent++) },
    admin: { partitionCount: () => Promise.resolve(8) },
    topics: { id: () => Promise.resolve(id), forgetId: () => undefined },
    retention: { ms: 0, whyUnknown: () => Promise.resolve(null) },
    standstills,
    metrics: new IngestMetrics(new Registry()),
    logger,
    tracing: null,
  } as unknown as MachineStreamParts;
});

const batch = (facts: Partial<RecordBatch>): RecordBatch =>
  ({
    ...where,
    records: [],
    logStartOffset: 0,
    highWatermark: 10,
    outOfRange: null,
    undecodable: null,
    progress: () => undefined,
    commit: (offset: number) => commits.push(offset),
    release: () => undefined,
    seek: (offset: number) => seeks.push(offset),
    pause: (reason: string) => pauses.push(reason),
    ...facts,
  }) as RecordBatch;
const unreadable = batch({
  fetchOffset: 5,
  nextOffset: 5,
  undecodable: { from: 5, to: 8, reason: 'the batch is damaged' },
});

describe('a batch that can never be read', () => {
  const reader = { read: () => [] };

  it('is passed over by a decision about it', async () => {
    await new MachineStream({ ...parts, topicReader: reader as never }).handle(unreadable);
    expect({ seeks, pauses, sent }).toEqual({ seeks: [8], pauses: [], sent: 2 });
    expect(blocks).toMatchObject([{ 'covers-from': '5', 'covers-to': '8', rows: '0' }]);
  });

  it('stops its partition when the decision is about a topic of the same name that is no more', async () => {
    id = 'two';
    await new MachineStream(parts).handle(unreadable);
    expect({ seeks, sent }).toEqual({ seeks: [5], sent: 0 });
    expect(pauses).toEqual([expect.stringMatching(/^undecodable_batch: the record batch with offsets 5 to 7/)]);
  });

  it('no longer stops its partition once its topic was recreated', async () => {
    const stream = new MachineStream(parts);
    await stream.handle(batch({ fetchOffset: 4, nextOffset: 5 }));
    await stream.handle(batch({ ...unreadable, undecodable: { ...unreadable.undecodable!, to: 9 } }));
    expect(standstills.all()).toMatchObject([{ state: 'undecodable_batch' }]);
    id = 'two';
    await stream.handle(unreadable);
    expect({ seeks, sent }).toEqual({ seeks: [5, 0], sent: 1 });
    // The new topic may stay empty for long.
    expect(standstills.all()).toEqual([]);
  });
});

describe('a topic that was recreated', () => {
  it('is read from its beginning, also by the next owner of the partition', async () => {
    const stream = new MachineStream(parts);
    await stream.handle(batch({ fetchOffset: 0, nextOffset: 5 }));
    id = 'two';
    await stream.handle(batch({ fetchOffset: 5, nextOffset: 7, logStartOffset: 1 }));
    expect({ seeks, commits }).toEqual({ seeks: [1], commits: [5, 1] });
  });

  it('is read from its beginning when it is shorter than before', async () => {
    const outOfRange = { low: 2, high: 4 };
    await new MachineStream(parts).handle(batch({ fetchOffset: 9, nextOffset: 9, outOfRange }));
    expect({ seeks, commits }).toEqual({ seeks: [2], commits: [2] });
  });

  it('is not judged by the time at which ingest read the end of the old one', async () => {
    const stream = new MachineStream(parts);
    await stream.handle(batch({ fetchOffset: 0, nextOffset: 10 }));
    id = 'two';
    await stream.handle(batch({ fetchOffset: 10, nextOffset: 11 }));
    // Copied from elsewhere with its append times. Right behind that end, these would mean that the broker's clock is behind.
    const timestamp = Date.now() - 600_000;
    const time = new Date(timestamp + 3_600_000);
    const ahead = Array.from({ length: 200 }, () => ({ time, service_name: 's', metric_name: 'm', metric_value: 1 }));
    const value = Buffer.from(JSON.stringify(ahead));
    const records = [{ offset: 0, timestamp, key: null, value, headers: {} }];
    await stream.handle(batch({ records, fetchOffset: 0, nextOffset: 1 }));
    expect({ pauses, commits }).toEqual({ pauses: [], commits: [10, 0, 1] });
  });

  it('is noticed when no further record comes', async () => {
    const stream = new MachineStream(parts);
    await stream.handle(batch({ fetchOffset: 0, nextOffset: 5 }));
    const idle = { ...where, nextOffset: 5, isHandling: false, pausedReason: null } as unknown as PartitionStatus;
    await stream.lookForRecreated([idle]);
    expect(seeks).toEqual([]);
    id = 'two';
    // A partition that is read finds out by itself, and a stopped one waits for something else.
    await stream.lookForRecreated([
      { ...idle, isHandling: true },
      { ...idle, pausedReason: 'producer_times' },
      { ...idle, assignment: 2 },
    ]);
    expect(seeks).toEqual([]);
    await stream.lookForRecreated([idle]);
    await stream.handle(batch({ fetchOffset: 4, nextOffset: 5 }));
    await stream.lookForRecreated([{ ...idle, nextOffset: 0 }]);
    expect(seeks).toEqual([4, 0]);
  });

  it('is not mistaken for the old one after a new assignment', async () => {
    const topics = new MachineTopics({ topicId: () => Promise.resolve(id), checkTopics: () => Promise.resolve([]) });
    const stream = new MachineStream({ ...parts, topics });
    await stream.handle(batch({ fetchOffset: 0, nextOffset: 5, assignment: 1 }));
    id = 'two';
    await stream.handle(batch({ fetchOffset: 0, nextOffset: 3, assignment: 2 }));
    expect(blocks.map((headers) => headers['source-topic-id'])).toEqual(['one', 'two']);
  });
});

it('an id of a topic that was asked for before it was forgotten is asked for again', async () => {
  const answers: ((id: string) => void)[] = [];
  const topics = new MachineTopics({
    topicId: () => new Promise((resolve) => answers.push(resolve)),
    checkTopics: () => Promise.resolve([]),
  });
  const before = topics.id(topic);
  topics.forgetId(topic);
  answers[0]!('one');
  await before;
  const after = topics.id(topic);
  answers[1]?.('two');
  expect(await after).toBe('two');
});

it('goes on behind what retention has deleted unread, and counts it', async () => {
  const outOfRange = { low: 4, high: 9 };
  await new MachineStream(parts).handle(batch({ fetchOffset: 1, nextOffset: 1, outOfRange }));
  expect({ seeks, commits, sent }).toEqual({ seeks: [4], commits: [], sent: 0 });
  expect((await parts.metrics.deletedUnread.get()).values).toContainEqual({ labels: { topic }, value: 3 });
});

it('commits nothing of what could not be sent, and reads it again', async () => {
  const producer = { ...parts.producer, send: () => Promise.reject(new KafkaUnavailableError('no broker answers')) };
  await new MachineStream({ ...parts, producer } as unknown as MachineStreamParts).handle(
    batch({ fetchOffset: 3, nextOffset: 5 }),
  );
  expect({ seeks, commits }).toEqual({ seeks: [3], commits: [] });
  expect(pauses).toEqual([expect.stringMatching(/^send_failed: kafka_unavailable/)]);
});

it('gives others a turn between records that each take as long as one', async () => {
  const reader = (): ReturnType<MachineStreamParts['reader']> => {
    const end = performance.now() + 10;
    while (performance.now() < end) {
      // Works.
    }
    return { elements: 0, unknown: 0 };
  };
  const value = Buffer.alloc(100_000);
  const records = [0, 1, 2, 3].map((offset) => ({ offset, timestamp: Date.now(), key: null, value, headers: {} }));
  let turns = 0;
  let others = setImmediate(function turn() {
    turns++;
    others = setImmediate(turn);
  });
  await new MachineStream({ ...parts, reader }).handle(batch({ records, fetchOffset: 0, nextOffset: 4 }));
  clearImmediate(others);
  expect(turns).toBe(3);
});

it('hands on the trace of a record, and ignores an invalid traceparent', async () => {
  const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const records = [`00-${'a'.repeat(900_000)}`, `cc${trace.slice(2)}-more`].map((traceparent, offset) => ({
    offset,
    timestamp: Date.now(),
    key: null,
    value: Buffer.from(JSON.stringify({ time: new Date(), service_name: 's', metric_name: 'm', metric_value: 1 })),
    headers: { traceparent: Buffer.from(traceparent) },
  }));
  await new MachineStream(parts).handle(batch({ records, fetchOffset: 0, nextOffset: 2 }));
  expect(blocks).toMatchObject([{ rows: '2', traceparent: trace }]);
});

it('judges by a corrected clock up to the end of the decision, and no further', async () => {
  decisions = [{ ...skip, kind: 'resume', atOffset: 0, toOffset: 2, clockShiftMs: 60_000 }];
  await standstills.sync();
  const records = [0, 1, 2, 3].map((offset) => ({
    offset,
    timestamp: Date.now(),
    key: null,
    value: Buffer.from(JSON.stringify({ time: new Date(), service_name: 's', metric_name: 'm', metric_value: 1 })),
    headers: {},
  }));
  await new MachineStream(parts).handle(batch({ records, fetchOffset: 0, nextOffset: 4 }));
  expect(blocks).toMatchObject([
    { 'clock-shift-ms': '60000', rows: '2' },
    { 'clock-shift-ms': '0', rows: '2' },
  ]);
});

it('covers what follows the last record, such as a transaction marker, also in a full block', async () => {
  const reader: MachineStreamParts['reader'] = (_record, _judged, cutter) => {
    cutter.addLine('x'.repeat(BLOCK_PAYLOAD_TARGET_BYTES), 1);
    return { elements: 0, unknown: 0 };
  };
  const records = [0, 1].map((offset) => ({ offset, timestamp: Date.now(), key: null, value: null, headers: {} }));
  await new MachineStream({ ...parts, reader }).handle(batch({ records, fetchOffset: 0, nextOffset: 3 }));
  expect(blocks).toMatchObject([
    { 'covers-from': '0', 'covers-to': '1' },
    { 'covers-from': '1', 'covers-to': '3' },
  ]);
});

it('a look at a stopped partition passes over the marker of a transaction at its end', async () => {
  const ahead = Buffer.from(
    JSON.stringify({
      time: new Date(Date.now() + 3_600_000).toISOString(),
      service_name: 's',
      metric_name: 'm',
      metric_value: 1,
    }),
  );
  // Each record is a transaction, whose marker takes the offset behind it.
  const log: KafkaRecord[] = [];
  const append = (): unknown =>
    log.push({ offset: log.length * 2, timestamp: Date.now(), key: null, value: ahead, headers: {} });
  const looking = {
    ...parts,
    admin: { topicOffsets: () => Promise.resolve(new Map([[0, { low: 0, high: log.length * 2 }]])) },
    topicReader: {
      read: (_: string, { from }: { from: Map<number, number> }) => log.filter(({ offset }) => offset >= from.get(0)!),
    },
  } as unknown as MachineStreamParts;
  const memory = { brake: new RefusalBrake(), releasedTo: 0 } as Partial<Memory> as Memory;
  const look = (): Promise<void> => lookAgain(looking, batch({ fetchOffset: 0 }), memory);
  standstills.stop({
    topic,
    partition: 0,
    state: 'records_mostly_refused',
    stateReason: 'why',
    atOffset: 0,
    toOffset: null,
  });
  append();
  await expect(look()).rejects.toThrow('why');
  append();
  await look();
  expect(memory.releasedTo).toBe(4);
});
