import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BLOCK_HEADERS, TELEMETRY } from '@chip/contracts';
import { KafkaAdmin, type RecordBatch, TopicReader } from '@chip/kafka';
import {
  decideForIngest,
  type IngestPartition,
  loadIngestPartitions,
  LoadSession,
  setRetention,
} from '@chip/persistence';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import { createLogger } from '@chip/service';
import { TestKafka, waitFor } from '@chip/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { lookAgain } from '../src/machine-stream/clock-look.ts';
import type { MachineStreamParts, Memory } from '../src/machine-stream/machine-stream.parts.ts';
import { READERS } from '../src/machine-stream/readers.ts';
import { RefusalBrake } from '../src/machine-stream/refusal-brake.ts';
import { RetentionSetting } from '../src/retention-setting.ts';
import { Standstills } from '../src/standstills.ts';
import {
  blocksOf,
  chainOf,
  type IngestStage,
  recordsOf,
  samples,
  stageTopics,
  type StageTopics,
  startIngest,
} from './ingest-stage.ts';

const MIB = 1024 * 1024;
const GZIP = 1;
const MINUTE_MS = 60_000;
const TOPIC_RESOURCE = 2;

const kafka = TestKafka.forFile();
let db: TestDatabase;
let topics: StageTopics;
let stage: IngestStage | undefined;

beforeAll(async () => {
  db = await createTestDatabase();
});
beforeEach(async () => {
  topics = await stageTopics(kafka);
});
afterEach(async () => {
  await stage?.stop();
  // Whatever stops a partition, the process goes on.
  expect(stage?.fatals ?? []).toEqual([]);
  stage = undefined;
});
afterAll(() => db.drop());

const start = async (consumer = {}): Promise<void> => {
  stage = await startIngest(kafka, topics, kafka.group(), { consumer, database: db.database });
};
const standing = async (): Promise<IngestPartition | undefined> =>
  (await loadIngestPartitions(db.database, { all: true })).find(({ topic }) => topic === topics.machine);
const untilState = (state: string): Promise<IngestPartition | undefined> =>
  waitFor(standing, (found) => found?.state === state);
const untilThrough = (to: number): Promise<unknown> =>
  waitFor(
    async () => chainOf(await blocksOf(kafka, topics.accepted)),
    (chain) => chain?.from === 0 && chain.to === to,
  );
/** Resolves when the broker has the settings in force: it answers an alteration before that. */
const configure = async (topic: string, settings: Record<string, string>): Promise<void> => {
  const resource = { type: TOPIC_RESOURCE, name: topic };
  await kafka.admin.alterConfigs({
    validateOnly: false,
    resources: [{ ...resource, configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })) }],
  });
  await waitFor(
    async () => (await kafka.admin.describeConfigs({ includeSynonyms: false, resources: [resource] })).resources[0],
    (found) =>
      Object.entries(settings).every(
        ([name, value]) => found?.configEntries.find(({ configName }) => configName === name)?.configValue === value,
      ),
  );
};
const decide = (
  kind: 'skip_batch' | 'resume',
  atOffset: number,
  toOffset: number,
  clockShiftMs = 0,
  topicId: string | null = null,
): Promise<void> =>
  db.database.withTransaction((transaction) =>
    decideForIngest(transaction, {
      topic: topics.machine,
      partition: 0,
      kind,
      atOffset,
      toOffset,
      clockShiftMs,
      topicId,
      by: 'jo',
      reason: 'test',
    }),
  );
const topicId = async (): Promise<string> => {
  const admin = new KafkaAdmin(
    kafka.connection('test-standstills'),
    createLogger({ name: 'test', level: 'silent' }).logger,
  );
  try {
    return await admin.topicId(topics.machine);
  } finally {
    await admin.disconnect();
  }
};
const headersOf = async (): Promise<Record<string, string>[]> =>
  (await recordsOf(kafka, topics.accepted)).map(({ headers }) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  );

it('a batch that can never be read stops its partition by name; a decision about exactly it passes over', async () => {
  const producer = kafka.client.producer();
  await producer.connect();
  const bomb = Array.from({ length: 3 }, () => ({ value: Buffer.alloc(MIB), partition: 0 }));
  await kafka.produce(topics.machine, samples(5));
  await producer.send({ topic: topics.machine, messages: bomb, compression: GZIP });
  await producer.disconnect();
  await kafka.produce(topics.machine, samples(2));
  await start({ maxDecompressedBytes: 2 * MIB });

  expect(await untilState('undecodable_batch')).toMatchObject({ atOffset: 5, toOffset: 8 });
  // About another batch than the one that stands in the way.
  await decide('skip_batch', 4, 8);
  await decide('skip_batch', 5, 8);
  await untilThrough(10);
  expect(await untilState('running')).toMatchObject({ stateReason: null });
  const block = (await blocksOf(kafka, topics.accepted)).find(({ coversFrom }) => coversFrom === 5);
  expect(block).toMatchObject({ coversTo: 8, index: [{ offset: 5, bytes: 0, elements: 0, refused: [0] }] });
  const letters = await recordsOf(kafka, topics.letters);
  expect(letters.map(({ key }) => String(key))).toEqual(['telemetry.samples.v1/0/5']);
  expect(String(letters[0]!.headers['error-code'])).toBe('undecodable_batch');
  expect(String(letters[0]!.headers['error-detail'])).toMatch(/offsets 5 to 7: .* skipped by jo: test/);
});

it('the first records after a start are judged by the retention, however slowly the database answers', async () => {
  const holder = await LoadSession.open({ url: db.url, applicationName: 'test-holder' });
  try {
    await holder.begin();
    await holder.query('LOCK TABLE retention_settings IN ACCESS EXCLUSIVE MODE');
    await kafka.produce(topics.machine, samples(3, { time: '2001-01-01T00:00:00Z' }));
    await start();
    await waitFor(
      () => Promise.resolve(stage!.server.partitions()),
      ([partition]) => partition?.isHandling === true || partition?.nextOffset === 3,
    );
    // Time enough to judge three samples without an answer.
    await sleep(1_500);
    await holder.query('COMMIT');
  } finally {
    await holder.close();
  }
  await untilThrough(3);
  const letters = await recordsOf(kafka, topics.letters);
  expect(letters.map(({ headers }) => String(headers['error-code']))).toEqual(['too_old', 'too_old', 'too_old']);
});

it('a database that refuses to tell the retention stops the partition, which goes on by itself', async () => {
  await db.database.query('ALTER TABLE retention_settings RENAME TO away');
  try {
    await kafka.produce(topics.machine, samples(3, { time: '2001-01-01T00:00:00Z' }));
    await start();
    expect(await untilState('retention_unknown')).toMatchObject({
      stateReason: expect.stringContaining('retention_settings') as unknown,
      atOffset: 0,
    });
    expect(await stage!.health.live()).toMatchObject({ status: 'up' });
    expect(await blocksOf(kafka, topics.accepted)).toEqual([]);
  } finally {
    await db.database.query('ALTER TABLE away RENAME TO retention_settings');
  }
  await untilThrough(3);
  await untilState('running');
  expect(await recordsOf(kafka, topics.letters)).toHaveLength(3);
});

it('a retention that was read stays in force while the database refuses to tell it', async () => {
  const retention = new RetentionSetting(db.database, createLogger({ name: 'test', level: 'silent' }).logger);
  await retention.refresh();
  const { ms } = retention;
  expect(ms).not.toBeNull();
  await db.database.query('ALTER TABLE retention_settings RENAME TO away');
  try {
    await retention.refresh();
    expect([retention.ms, retention.readiness().state]).toEqual([ms, 'up']);
  } finally {
    await db.database.query('ALTER TABLE away RENAME TO retention_settings');
  }
});

it('an accepted topic that takes no block stops the partition, which goes on by itself', async () => {
  await configure(topics.accepted, { 'max.message.bytes': '100' });
  await kafka.produce(topics.machine, samples(5));
  await start();
  expect((await untilState('send_failed'))?.stateReason).toMatch(/^kafka_record_too_large/);
  await configure(topics.accepted, { 'max.message.bytes': '1000000' });
  await untilThrough(5);
  await untilState('running');
});

it('a machine topic with the clocks of its producers is not judged until it is repaired', async () => {
  await configure(topics.machine, {
    'message.timestamp.type': 'CreateTime',
    'message.timestamp.after.max.ms': String(2n ** 63n - 1n),
  });
  await kafka.produce(topics.machine, [
    ...samples(2),
    ...samples(1).map((sample) => ({ ...sample, timestamp: String(2n ** 62n) })),
  ]);
  await start();
  expect((await untilState('producer_times'))?.stateReason).toMatch(
    /has message.timestamp.type=CreateTime, expected LogAppendTime; fix it: kafka-configs.sh/,
  );
  expect(await stage!.health.ready()).toMatchObject({ checks: { machine_topics: { state: 'down' } } });
  expect(await blocksOf(kafka, topics.accepted)).toEqual([]);
  await configure(topics.machine, { 'message.timestamp.type': 'LogAppendTime' });
  await untilThrough(3);
  await untilState('running');
  expect(await stage!.health.ready()).toMatchObject({ checks: { machine_topics: { state: 'up' } } });
  const [block] = await blocksOf(kafka, topics.accepted);
  expect(block!.index.map(({ offset }) => offset)).toEqual([0, 1, 2]);
  expect(new Date(block!.index[2]!.appendTime).toISOString()).toBe('9999-12-31T23:59:59.999Z');
});

it('a broker whose clock is behind stops the partition; judged by the right clock nothing becomes a dead letter', async () => {
  const ahead = new Date(Date.now() + 15 * MINUTE_MS).toISOString();
  for (const host of ['a', 'b', 'c', 'd']) {
    await kafka.produce(topics.machine, samples(50, { time: ahead, host }));
  }
  // About a topic of the same name that is no more: it had other records at these offsets.
  await decide('resume', 0, 200, 15 * MINUTE_MS, randomUUID());
  await start();
  const stopped = await untilState('records_mostly_refused');
  expect(stopped).toMatchObject({ atOffset: 0 });
  expect(stopped?.stateReason).toMatch(/--clock-shift 15m/);
  expect(await recordsOf(kafka, topics.letters)).toEqual([]);
  await decide('resume', 0, 200, 15 * MINUTE_MS, await topicId());
  await untilThrough(200);
  expect(await recordsOf(kafka, topics.letters)).toEqual([]);
  const [block] = await blocksOf(kafka, topics.accepted);
  expect(block!.judgedBy).toMatchObject({ clockShiftMs: 15 * MINUTE_MS });
  // What the broker wrote down stays what it is.
  expect(block!.index[0]!.appendTime).toBeLessThan(Date.parse(ahead));
});

it('a look at a stopped partition is compared with the look before it at the same stop only', async () => {
  const { logger } = createLogger({ name: 'test', level: 'silent' });
  const connection = kafka.connection('test-ingest');
  const admin = new KafkaAdmin(connection, logger);
  const standstills = new Standstills(undefined, 'test', logger);
  const topicReader = new TopicReader(connection, logger);
  const parts: Partial<MachineStreamParts> = {
    ...{ admin, topicReader, standstills, stream: TELEMETRY, logger },
    reader: READERS.telemetry(),
  };
  const memory: Memory = {
    ...{ assignment: 1, brake: new RefusalBrake(), topicId: undefined, endSeenAt: null, lastAppendMs: null },
    ...{ releasedTo: 0, look: undefined },
  };
  const where = { topic: topics.machine, partition: 0 };
  const look = (fetchOffset: number): Promise<void> =>
    lookAgain(parts as MachineStreamParts, { ...where, fetchOffset } as RecordBatch, memory);
  const stop = (atOffset: number): void =>
    standstills.stop({ ...where, state: 'records_mostly_refused', stateReason: 'why', atOffset, toOffset: null });
  const ahead = new Date(Date.now() + 15 * MINUTE_MS).toISOString();
  const append = (): Promise<unknown> => kafka.produce(topics.machine, samples(1, { time: ahead }));
  try {
    await append();
    stop(0);
    await expect(look(0)).rejects.toThrow('why');
    // As after a decision to resume: a clock that is behind now may be ahead of the first look, hours ago.
    standstills.run(topics.machine, 0);
    await look(1);
    await append();
    stop(1);
    await expect(look(1)).rejects.toThrow('why');
    await expect(look(1)).rejects.toThrow('why');
    expect(memory.releasedTo).toBe(0);
    await append();
    await look(1);
    expect(memory.releasedTo).toBe(3);
  } finally {
    await admin.disconnect();
  }
});

it('one machine whose clock is wrong stops nothing, however much it sends', async () => {
  const ahead = new Date(Date.now() + 15 * MINUTE_MS).toISOString();
  await kafka.produce(topics.machine, samples(300, { time: ahead, host: 'a' }));
  await kafka.produce(topics.machine, samples(3, { host: 'b' }));
  await start();
  await untilThrough(303);
  expect(await recordsOf(kafka, topics.letters)).toHaveLength(300);
});

it('machines that are all wrong alike stop nothing while the clock of the broker is seen to be right', async () => {
  await kafka.produce(topics.machine, samples(3));
  await start();
  await untilThrough(3);
  const ahead = new Date(Date.now() + 60 * MINUTE_MS).toISOString();
  for (const host of ['a', 'b', 'c', 'd']) {
    await kafka.produce(topics.machine, samples(50, { time: ahead, host }));
  }
  await untilThrough(203);
  expect(await recordsOf(kafka, topics.letters)).toHaveLength(200);
});

it('retention is what the database says, and each block states it', async () => {
  const change = { actor: 'jo', reason: 'test' };
  await setRetention(db.database, 'system_metrics', '2 days', change);
  const old = new Date(Date.now() - 3 * 24 * 60 * MINUTE_MS).toISOString();
  await kafka.produce(topics.machine, [...samples(1, { time: old }), ...samples(1)]);
  await start();
  await waitFor(async () => (await stage!.health.ready()).checks['retention']?.state === 'up');
  await kafka.produce(topics.machine, [...samples(1, { time: old }), ...samples(1)]);
  await untilThrough(4);
  const letters = await recordsOf(kafka, topics.letters);
  const codes = new Map(letters.map(({ key, headers }) => [String(key), String(headers['error-code'])]));
  expect(codes.get('telemetry.samples.v1/0/2')).toBe('too_old');
  expect((await headersOf()).at(-1)).toMatchObject({ [BLOCK_HEADERS.retentionDays]: '2' });
  await setRetention(db.database, 'system_metrics', '90 days', change);
});

it('without a database everything goes on, and no sample is too old', async () => {
  const old = new Date(Date.now() - 4000 * 24 * 60 * MINUTE_MS).toISOString();
  await kafka.produce(topics.machine, samples(2, { time: old }));
  stage = await startIngest(kafka, topics, kafka.group());
  await untilThrough(2);
  expect(await recordsOf(kafka, topics.letters)).toEqual([]);
  const [headers] = await headersOf();
  expect(headers).not.toHaveProperty([BLOCK_HEADERS.retentionDays]);
  expect(headers).toHaveProperty([BLOCK_HEADERS.sourceTopicId]);
});
