/** A client that stops fetching although the broker answers ends the process. */
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestKafka, waitFor } from '@chip/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { numbered, useServers } from './batch-server-harness.ts';

const kafka = TestKafka.forFile();
const start = useServers(kafka);

describe('the watchdog', () => {
  const Broker = createRequire(import.meta.url)('kafkajs/src/broker') as {
    prototype: { fetch: (request: unknown) => Promise<unknown> };
  };
  const { fetch } = Broker.prototype;
  afterEach(() => {
    Broker.prototype.fetch = fetch;
  });

  it('ends the process when the client stops fetching although the broker answers', async () => {
    const topic = await kafka.topic();
    let isHanging = false;
    const hanging = Promise.withResolvers<never>();
    Broker.prototype.fetch = function (this: unknown, request: unknown) {
      return isHanging ? hanging.promise : fetch.call(this as never, request);
    };
    const { server, fatals } = await start({
      topic,
      groupId: kafka.group(),
      consumer: { stallTimeoutMs: 2_000 },
      handle: () => undefined,
    });
    await waitFor(() => server.partitions()[0]?.nextOffset === 0);
    isHanging = true;
    await waitFor(() => fatals.length > 0);
    expect(fatals).toHaveLength(1);
    expect(fatals[0]).toMatchObject({ code: 'kafka_consumer_stalled', retriable: false });
    const startedAt = performance.now();
    await server.drain({ graceMs: 100 });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    // Lets the client close its connections, so that the test process can end.
    hanging.reject(new Error('the connection is closed'));
  });

  it('believes the broker, not the client, about each partition', async () => {
    const topic = await kafka.topic(2);
    await kafka.produce(topic, [{ value: 'a', partition: 1 }]);
    let isLying = false;
    Broker.prototype.fetch = async function (this: unknown, request: unknown) {
      const response = (await fetch.call(this as never, request)) as {
        responses: { partitions: { partition: number; batches: unknown[]; highWatermark: string }[] }[];
      };
      for (const answer of response.responses.flatMap(({ partitions }) => partitions)) {
        if (isLying && answer.partition === 1) {
          // No records, and an end of the log as it was: the client has no lag of its own.
          Object.assign(answer, { batches: [], highWatermark: '1', lastStableOffset: 1 });
        }
      }
      return response;
    };
    let handled = 0;
    const { server, fatals } = await start({
      topic,
      groupId: kafka.group(),
      consumer: { stallTimeoutMs: 3_000 },
      handle: () => void handled++,
    });
    await waitFor(() => server.partitions()[1]?.nextOffset === 1);
    isLying = true;
    await kafka.produce(topic, [{ value: 'b', partition: 1 }]);
    // The other partition is read all the while.
    await waitFor(
      async () => {
        await kafka.produce(topic, [{ value: 'c', partition: 0 }]);
        return fatals.length > 0;
      },
      Boolean,
      { intervalMs: 100 },
    );
    expect(fatals[0]?.code).toBe('kafka_consumer_stalled');
    expect(fatals[0]?.message).toContain('partition 1 has unread records from 1 to 2 and delivers none');
    expect(server.partitions()[1]).toMatchObject({ lag: 0 });
    expect(handled).toBeGreaterThan(5);
  });

  it('leaves an idle, a paused, a busy and a held-back consumer alone', async () => {
    const idle = await kafka.topic();
    const paused = await kafka.topic();
    const busy = await kafka.topic();
    const heldBack = await kafka.topic();
    // A fetch that is answered a second late, on a busy machine, is no stall.
    const options = { stallTimeoutMs: 3_000 };
    await kafka.produce(paused, numbered(3));
    await kafka.produce(busy, numbered(3));
    const producer = kafka.client.producer({ transactionalId: heldBack, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: heldBack, messages: numbered(3) });

    const servers = [
      await start({ topic: idle, groupId: kafka.group(), consumer: options, handle: () => undefined }),
      await start({
        topic: paused,
        groupId: kafka.group(),
        consumer: options,
        handle: (batch) => batch.pause('a reason'),
      }),
      await start({
        topic: busy,
        groupId: kafka.group(),
        consumer: options,
        handle: (batch) => sleep(60_000, undefined, { signal: batch.signal }).catch(() => undefined),
      }),
      await start({ topic: heldBack, groupId: kafka.group(), consumer: options, handle: () => undefined }),
    ];
    await waitFor(() => servers.every(({ server }) => server.readiness().state === 'up'));
    // Nothing to wait for: the point is that nothing happens for several times the limit.
    await sleep(7_500);
    expect(servers.flatMap(({ fatals }) => fatals)).toEqual([]);
    await transaction.abort();
    await producer.disconnect();
  });
});
