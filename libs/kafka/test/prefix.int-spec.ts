import { randomUUID } from 'node:crypto';
import type { TopicSpec } from '@chip/contracts';
import { TestKafka, waitFor } from '@chip/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  KafkaAdmin,
  KafkaProducer,
  readTopic,
  type KafkaConnection,
  type RecordBatch,
  type TopicRecord,
} from '../src/index.ts';
import { memoryLogger, startServer, type RunningServer } from './batch-server-harness.ts';

/** What one environment has of everything that touches a topic. */
interface Environment {
  readonly connection: KafkaConnection;
  readonly admin: KafkaAdmin;
  readonly producer: KafkaProducer;
  readonly batches: RecordBatch[];
  server?: RunningServer;
}

const RUN = randomUUID();
/** The same in both environments, as the contract has it. */
const TOPIC = `samples-${RUN}.v1`;
const GROUP_ID = `readers-${RUN}`;
const spec = { name: TOPIC, partitions: 2, settings: { 'retention.ms': '86400000' } } as unknown as TopicSpec;
const prefixes = ['fab7.', 'fab7.test.'];

let kafka: TestKafka;
let environments: Environment[];

beforeAll(async () => {
  kafka = await TestKafka.connect();
  environments = prefixes.map((prefix) => {
    kafka.removeLater(`${prefix}${TOPIC}`);
    const connection = { ...kafka.connection('test'), topicPrefix: prefix, groupPrefix: `${prefix}g-` };
    const { logger } = memoryLogger();
    return {
      connection,
      admin: new KafkaAdmin(connection, logger),
      producer: new KafkaProducer(connection, logger),
      batches: [],
    };
  });
});
afterAll(async () => {
  for (const { admin, producer, server } of environments) {
    await server?.stop();
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
  await kafka.admin.deleteGroups(prefixes.map((prefix) => `${prefix}g-${GROUP_ID}`)).catch(() => undefined);
  await kafka.close();
});

describe('two environments on one broker', () => {
  it('share names and never see each other', async () => {
    const [seven, test] = environments as [Environment, Environment];
    expect(await seven.admin.checkTopics([spec])).toEqual([`topic fab7.${TOPIC} does not exist`]);
    expect(await seven.admin.createTopics([spec])).toEqual([TOPIC]);
    // The other one has none of it.
    expect(await test.admin.missingTopics([spec])).toEqual([TOPIC]);
    expect(await test.admin.createTopics([spec])).toEqual([TOPIC]);
    for (const { admin } of environments) {
      await waitFor(
        () => admin.checkTopics([spec]),
        (differences) => differences.length === 0,
      );
    }
    const names = await kafka.admin.listTopics();
    expect(names.filter((name) => name.includes(RUN)).sort()).toEqual([`fab7.${TOPIC}`, `fab7.test.${TOPIC}`]);

    for (const environment of environments) {
      environment.server = await startServer(kafka, {
        topic: TOPIC,
        groupId: GROUP_ID,
        connection: environment.connection,
        handle: async (batch) => {
          environment.batches.push(batch);
          batch.commit(batch.nextOffset);
        },
      });
    }
    expect(await seven.producer.send(TOPIC, 1, [{ value: 'seven' }])).toBe(0);
    await test.producer.sendAll(TOPIC, [{ key: 'k', value: 'test' }]);
    for (const [environment, value] of [
      [seven, 'seven'],
      [test, 'test'],
    ] as const) {
      const { admin, batches, connection, server } = environment;
      await waitFor(() => batches.length > 0);
      await waitFor(
        async () =>
          [...(await admin.groupOffsets(GROUP_ID, TOPIC)).values()].filter((offset) => offset === 1).length === 1,
      );
      expect(batches.flatMap(({ records }) => [...records].map((record) => String(record.value)))).toEqual([value]);
      // Handlers, and with them blocks and positions, know the name of the contract.
      expect(batches[0]?.topic).toBe(TOPIC);
      expect(server?.server.partitions()[0]).toMatchObject({ topic: TOPIC, groupId: GROUP_ID });
      expect(await admin.groupMembers(GROUP_ID)).toBe(1);
      expect([...(await admin.topicOffsets(TOPIC)).values()].map(({ high }) => high).sort()).toEqual([0, 1]);
      const read: TopicRecord[] = [];
      for await (const record of readTopic(connection, memoryLogger().logger, TOPIC)) {
        read.push(record);
      }
      expect(read.map((record) => String(record.value))).toEqual([value]);
    }
    expect(await seven.admin.topicId(TOPIC)).not.toBe(await test.admin.topicId(TOPIC));
    await seven.admin.growTopic(TOPIC, 3);
    expect(await test.admin.partitionCount(TOPIC)).toBe(2);

    // What a person reads names what is on the broker.
    expect(seven.server?.logLines.find(({ msg }) => msg === 'partitions_assigned')).toMatchObject({
      topic: `fab7.${TOPIC}`,
      group: `fab7.g-${GROUP_ID}`,
    });
    await expect(test.producer.send(TOPIC, 9, [{ value: 'lost' }])).rejects.toThrow(`send to fab7.test.${TOPIC}/9`);
  });

  it('move offsets of their own group alone', async () => {
    const [seven, test] = environments as [Environment, Environment];
    await seven.server?.stop();
    await waitFor(async () => (await seven.admin.groupMembers(GROUP_ID)) === 0);
    await seven.admin.setGroupOffsets(GROUP_ID, TOPIC, new Map([[0, 7]]));
    expect((await seven.admin.groupOffsets(GROUP_ID, TOPIC)).get(0)).toBe(7);
    expect((await test.admin.groupOffsets(GROUP_ID, TOPIC)).get(0)).not.toBe(7);
  });
});
