import { expect, it } from '@jest/globals';
// @ts-expect-error kafkajs has no types for what is inside it
import queue from 'kafkajs/src/network/requestQueue/index.js';
import { repairRequestQueue } from './request-queue.ts';

interface RequestQueue {
  destroy(): void;
  scheduleRequestTimeoutCheck(): void;
  push(request: object): void;
}
const Queue = queue as new (options: object) => RequestQueue;

it('gives up a request that stays without an answer', async () => {
  repairRequestQueue();
  const requests = new Queue({
    requestTimeout: 20,
    enforceRequestTimeout: true,
    clientId: 'test',
    broker: 'broker',
    logger: { debug: () => undefined },
    isConnected: () => true,
  });
  requests.scheduleRequestTimeoutCheck();
  const began = performance.now();
  const answer = new Promise((resolve, reject) => {
    requests.push({
      entry: { correlationId: 1, apiName: 'Fetch', apiKey: 1, apiVersion: 11, resolve, reject },
      expectResponse: true,
      sendRequest: () => undefined,
    });
  });
  await expect(answer).rejects.toMatchObject({ name: 'KafkaJSRequestTimeoutError' });
  expect(performance.now() - began).toBeGreaterThanOrEqual(20);
  requests.destroy();
});
