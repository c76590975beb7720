import { describe, expect, it } from '@jest/globals';
import type { Broker, Cluster } from 'kafkajs';
import { FetchInterceptor, type FetchRequest } from './fetch-interceptor.ts';

describe('fetch interceptor', () => {
  it('lets every partition be the first to fill a response', async () => {
    const asked: number[][] = [];
    const broker = {
      fetch: (request: FetchRequest) => {
        asked.push(request.topics[0]!.partitions.map(({ partition }) => partition));
        return Promise.resolve({ responses: [] });
      },
    };
    const cluster = { findBroker: () => Promise.resolve(broker) } as unknown as Cluster;
    const policy = {
      topic: 'a',
      groupId: 'g',
      assignment: 1,
      offsetFor: (_topic: string, _partition: number, proposed: number) => proposed,
      onFetched: () => undefined,
      onUndecodable: () => undefined,
      onResponse: () => undefined,
    };
    new FetchInterceptor(policy, 1024 * 1024).attach(cluster);
    const { fetch } = (await cluster.findBroker({ nodeId: '1' })) as unknown as Broker & typeof broker;
    const partitions = [0, 1, 2].map((partition) => ({ partition, fetchOffset: '0', maxBytes: 1024 }));
    for (let round = 0; round < 4; round++) await fetch({ topics: [{ topic: 'a', partitions }] });
    expect(asked).toEqual([
      [0, 1, 2],
      [1, 2, 0],
      [2, 0, 1],
      [0, 1, 2],
    ]);
  });
});
