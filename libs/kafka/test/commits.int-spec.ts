import { setTimeout as sleep } from 'node:timers/promises';
import { TestKafka, waitFor } from '@chip/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { RecordBatch } from '../src/index.ts';
import { numbered, onRequest, useServers } from './batch-server-harness.ts';

interface CommitRequest {
  readonly topics: readonly { readonly partitions: readonly { partition: number; offset: string }[] }[];
}

const kafka = TestKafka.forFile();
const start = useServers(kafka);
const COORDINATOR_NOT_AVAILABLE = 15;
const ILLEGAL_GENERATION = 22;
const GROUP_AUTHORIZATION_FAILED = 30;

let endLooking = (): void => undefined;
afterEach(() => endLooking());

function onCommit(look: (request: CommitRequest) => number | undefined): void {
  endLooking = onRequest('offsetCommit', look);
}

const handled = (batches: RecordBatch[] = []) => ({
  batches,
  handle: (batch: RecordBatch): void => {
    batches.push(batch);
    batch.commit(batch.nextOffset);
  },
});

async function committed(groupId: string, topic: string): Promise<number[]> {
  const [offsets] = await kafka.admin.fetchOffsets({ groupId, topics: [topic] });
  return (offsets?.partitions ?? []).toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset));
}

describe('commits of offsets', () => {
  it('leave together: a burst over eight partitions takes a few requests, and the last offset of each arrives', async () => {
    const topic = await kafka.topic(8);
    const groupId = kafka.group();
    const sizes: number[] = [];
    onCommit(({ topics }) => void sizes.push(topics[0]?.partitions.length ?? 0));
    const { batches, handle } = handled();
    await start({ topic, groupId, handle });
    for (const round of [0, 1, 2]) {
      await kafka.produce(
        topic,
        numbered(8, 8 * round).map((message, partition) => ({ ...message, partition })),
      );
      await waitFor(() => batches.reduce((sum, { records }) => sum + records.length, 0) === 8 * (round + 1));
    }
    await waitFor(
      () => committed(groupId, topic),
      (offsets) => offsets.length === 8 && offsets.every((offset) => offset === 3),
    );
    expect(sizes.length).toBeLessThan(batches.length / 2);
    expect(Math.max(...sizes)).toBeGreaterThan(1);
  });

  it('that are due leave before the member does, without their pause', async () => {
    const topic = await kafka.topic(4);
    const groupId = kafka.group();
    await kafka.produce(
      topic,
      numbered(4).map((message, partition) => ({ ...message, partition })),
    );
    const { batches, handle } = handled();
    const { stop } = await start({ topic, groupId, handle });
    await waitFor(() => batches.length === 4);
    await stop();
    expect(await committed(groupId, topic)).toEqual([1, 1, 1, 1]);
  });

  it('are repeated while the coordinator is away, with what has come meanwhile', async () => {
    const topic = await kafka.topic();
    const groupId = kafka.group();
    let refusals = 3;
    onCommit(() => (refusals-- > 0 ? COORDINATOR_NOT_AVAILABLE : undefined));
    const { batches, handle } = handled();
    const { fatals } = await start({ topic, groupId, handle });
    await kafka.produce(topic, numbered(1));
    await waitFor(() => batches.length === 1);
    await kafka.produce(topic, numbered(1, 1));
    await waitFor(
      () => committed(groupId, topic),
      ([offset]) => offset === 2,
    );
    expect(refusals).toBeLessThan(0);
    expect(new Set(batches.map(({ assignment }) => assignment)).size).toBe(1);
    expect(fatals).toEqual([]);
  });

  it('make the consumer join again when the group has moved on, and read again what was not committed', async () => {
    const topic = await kafka.topic();
    const groupId = kafka.group();
    let refusals = 1;
    onCommit(() => (refusals-- > 0 ? ILLEGAL_GENERATION : undefined));
    await kafka.produce(topic, numbered(1));
    const { batches, handle } = handled();
    const { fatals } = await start({ topic, groupId, handle });
    await waitFor(() => batches.length === 2);
    expect(batches.map(({ fetchOffset }) => fetchOffset)).toEqual([0, 0]);
    expect(batches[1]?.assignment).not.toBe(batches[0]?.assignment);
    await waitFor(
      () => committed(groupId, topic),
      ([offset]) => offset === 1,
    );
    expect(fatals).toEqual([]);
  });

  it('make the consumer join again when nobody accepts them for ten seconds', async () => {
    const topic = await kafka.topic();
    const groupId = kafka.group();
    let isAway = true;
    onCommit(() => (isAway ? COORDINATOR_NOT_AVAILABLE : undefined));
    await kafka.produce(topic, numbered(1));
    const { batches, handle } = handled();
    const { fatals } = await start({ topic, groupId, handle });
    await waitFor(() => batches.length === 2);
    expect(batches[1]?.assignment).not.toBe(batches[0]?.assignment);
    isAway = false;
    await waitFor(
      () => committed(groupId, topic),
      ([offset]) => offset === 1,
    );
    expect(fatals).toEqual([]);
  });

  it('end the process when Kafka forbids them', async () => {
    const topic = await kafka.topic();
    onCommit(() => GROUP_AUTHORIZATION_FAILED);
    await kafka.produce(topic, numbered(1));
    const { handle } = handled();
    const { fatals } = await start({ topic, groupId: kafka.group(), handle });
    await waitFor(() => fatals.length === 1);
    expect(fatals[0]).toMatchObject({ code: 'kafka_refused', context: { kafkaError: 'GROUP_AUTHORIZATION_FAILED' } });
  });

  it('of a lost partition are dropped', async () => {
    const topic = await kafka.topic(2);
    const groupId = kafka.group();
    const requests: CommitRequest[] = [];
    await kafka.produce(
      topic,
      numbered(2).map((message, partition) => ({ ...message, partition })),
    );
    let first: RecordBatch | undefined;
    await start({
      topic,
      groupId,
      handle: async (batch) => {
        if (first !== undefined) {
          return;
        }
        first = batch;
        await sleep(60_000, undefined, { signal: batch.signal }).catch(() => undefined);
        onCommit((request) => void requests.push(request));
        batch.commit(batch.nextOffset);
      },
    });
    await waitFor(() => first !== undefined);
    await start({ topic, groupId, handle: () => undefined });
    await waitFor(() => first?.isCurrent() === false);
    await sleep(1_000);
    expect(requests).toEqual([]);
    expect(await committed(groupId, topic)).toEqual([-1, -1]);
  });
});
