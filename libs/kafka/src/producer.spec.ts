import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { NO_REPETITION, splitByBytes } from './producer.ts';

const require = createRequire(import.meta.url);
const createRetry = require('kafkajs/src/retry/index.js') as (options: object) => unknown;
const createSendMessages = require('kafkajs/src/producer/sendMessages.js') as (
  parts: object,
) => (request: object) => Promise<unknown>;

/**
 * Two partitions, led by brokers 1 and 2. Broker 2 refuses its first request, since it leads no more; from then on broker 1,
 * which has answered already, leads both.
 */
function movingLeader(stored: number[]): object {
  let leaderOfSecond = 2;
  const broker = (nodeId: number) => ({
    nodeId,
    produce: async ({ topicData }: { topicData: { partitions: { partition: number }[] }[] }) => {
      await new Promise((resolve) => setTimeout(resolve, nodeId === 1 ? 0 : 20));
      if (nodeId === 2) {
        leaderOfSecond = 1;
        throw Object.assign(new Error('not leader'), { name: 'KafkaJSProtocolError', retriable: true });
      }
      const partitions = topicData.flatMap((topic) => topic.partitions.map(({ partition }) => partition));
      stored.push(...partitions);
      return { topics: [{ topicName: 't', partitions: partitions.map((partition) => ({ partition, errorCode: 0 })) }] };
    },
  });
  const brokers = [broker(1), broker(2)];
  return {
    addMultipleTargetTopics: async () => undefined,
    refreshMetadata: async () => undefined,
    refreshMetadataIfNecessary: async () => undefined,
    isConnected: () => true,
    findTopicPartitionMetadata: () => [{ partitionId: 0 }, { partitionId: 1 }],
    findLeaderForPartitions: (_topic: string, partitions: string[]) =>
      partitions.reduce<Record<number, number[]>>((found, text) => {
        const partition = Number(text);
        const leader = partition === 0 ? 1 : leaderOfSecond;
        return { ...found, [leader]: [...(found[leader] ?? []), partition] };
      }, {}),
    findBroker: async ({ nodeId }: { nodeId: string }) => brokers[Number(nodeId) - 1],
  };
}

describe('a leader that moves in the middle of a send', () => {
  const send = (retry: object, stored: number[]) =>
    createSendMessages({
      logger: { debug: () => undefined, error: () => undefined },
      cluster: movingLeader(stored),
      partitioner: kafkajs.Partitioners.DefaultPartitioner(),
      eosManager: {
        acquireBrokerLock: async () => undefined,
        releaseBrokerLock: async () => undefined,
        isTransactional: () => false,
        getSequence: () => 0,
        updateSequence: () => undefined,
        getProducerId: () => -1,
        getProducerEpoch: () => 0,
      },
      retrier: createRetry(retry),
    })({
      acks: -1,
      timeout: 1_000,
      topicMessages: [{ topic: 't', messages: [0, 1].map((partition) => ({ partition, value: 'v' })) }],
    });

  it('makes kafkajs report success for a record that it never sent, when it repeats by itself', async () => {
    const stored: number[] = [];
    await expect(send({ retries: 3, initialRetryTime: 1 }, stored)).resolves.toBeDefined();
    expect(stored).toEqual([0]);
  });

  it('is an error without its repetition, which is how the producer uses it', async () => {
    await expect(send(NO_REPETITION, [])).rejects.toThrow();
  });
});

describe('splitByBytes', () => {
  const record = (bytes: number) => ({ key: 'k', value: Buffer.alloc(bytes) });

  it('keeps the order and loses nothing', () => {
    const records = [1, 500, 20, 700, 3].map(record);
    expect(splitByBytes(records, 800).flat()).toEqual(records);
  });

  it('closes a group before it would exceed the limit', () => {
    const groups = splitByBytes([400, 400, 400].map(record), 1_000);
    expect(groups.map((group) => group.length)).toEqual([2, 1]);
  });

  it('lets a record that is too large for any group travel alone', () => {
    expect(splitByBytes([10, 5_000, 10].map(record), 1_000).map((group) => group.length)).toEqual([1, 1, 1]);
  });

  it('counts headers and bytes, not characters', () => {
    const withHeader = { value: 'é'.repeat(100), headers: { reason: ['é'.repeat(100), Buffer.alloc(100)] } };
    expect(splitByBytes([withHeader, withHeader], 1_300)).toHaveLength(1);
    expect(splitByBytes([withHeader, withHeader], 1_100)).toHaveLength(2);
  });

  it('makes no group of no records', () => {
    expect(splitByBytes([], 1_000)).toEqual([]);
  });
});
