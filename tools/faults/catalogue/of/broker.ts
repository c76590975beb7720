/** Kafka that dies, freezes, forgets offsets, grows. */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { waitFor } from '../../../devstack/processes/wait-for.ts';
import type { Fault, Target } from '../fault.ts';
import { onBroker, topicOf } from '../../load/stream.ts';
import { readEndOffsets, readPositions } from '../../proof/observation.ts';
import { kafkaClient, withAdmin } from '../../system/clients.ts';
import { acceptedTopic, groups, KINDS, withGroupsDown } from '../groups.ts';
import { othersGoOn } from '../progress.ts';

async function restart({ system, hold, random }: Target, signal: NodeJS.Signals, downMs: number): Promise<void> {
  const kafka = random.pick(system.kafkaNames);
  await system.stopServer(kafka, signal);
  try {
    await hold(downMs);
  } finally {
    await system.startServer(kafka);
  }
}

/** This call resets every setting that it does not state, so it states all of them. */
const SETTINGS_OF_ACCEPTED = [
  { name: 'retention.ms', value: String(14 * 24 * 60 * 60 * 1000) },
  { name: 'max.message.bytes', value: String(8 * 1024 * 1024) },
  { name: 'cleanup.policy', value: 'delete' },
];

/** Offsets of an aborted transaction of one record: the record and the marker. */
const OFFSETS_OF_ABORTED = 2;

async function leaveTransactionOpen(target: Target): Promise<void> {
  const { system, log, random } = target;
  const kind = random.pick(KINDS);
  const partition = random.integer(0, 7);
  const producer = kafkaClient(system.brokers).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    transactionalId: `faults-${random.integer(1, 1e9)}`,
    transactionTimeout: 120_000,
  });
  await producer.connect();
  try {
    const transaction = await producer.transaction();
    try {
      // A reader would apply it as "unknown".
      const value = JSON.stringify({
        time: new Date().toISOString(),
        service_name: 'nobody',
        metric_name: 'never',
        metric_value: 1,
      });
      await transaction.send({ topic: onBroker(topicOf[kind]), acks: -1, messages: [{ partition, value }] });
      await othersGoOn(target, (name) => name === `${topicOf[kind]}/${partition}`, 20_000);
    } finally {
      await transaction.abort();
      await log.append({ withdrawn: { kind, partition, count: OFFSETS_OF_ABORTED } });
    }
  } finally {
    await producer.disconnect();
  }
}

export const BROKER_FAULTS: readonly Fault[] = [
  {
    name: 'broker killed',
    what: 'kill -9 of the broker, start',
    run: (target) => restart(target, 'SIGKILL', target.random.integer(0, 4_000)),
  },
  {
    name: 'broker stopped',
    what: 'the broker is stopped cleanly and restarted',
    run: (target) => restart(target, 'SIGTERM', target.random.integer(0, 3_000)),
  },
  {
    name: 'broker frozen',
    what: 'SIGSTOP of the broker, SIGCONT',
    run: async ({ system, hold, random }) => {
      const pid = await system.kill(random.pick(system.kafkaNames), 'SIGSTOP');
      try {
        await hold(random.integer(8_000, 18_000));
      } finally {
        process.kill(pid, 'SIGCONT');
      }
    },
  },
  {
    name: 'writer group offsets reset',
    what: 'someone sets the committed offsets of the writers to the start, the end or anywhere; the database decides',
    run: (target) =>
      withGroupsDown(target, 'writer', async (admin) => {
        for (const kind of KINDS) {
          const offsets = await admin.fetchTopicOffsets(acceptedTopic[kind]);
          await admin.setOffsets({
            groupId: groups.writer[kind],
            topic: acceptedTopic[kind],
            partitions: offsets.map(({ partition, high }) => ({
              partition,
              offset: target.random.pick(['0', high, String(target.random.integer(0, Number(high)))]),
            })),
          });
        }
      }),
  },
  {
    name: 'writer group skips ahead',
    what: 'blocks wait while the writers are down, someone sets their offsets to the end, and nothing new arrives',
    run: async (target) => {
      const { system, publisher, hold } = target;
      await withGroupsDown(target, 'writer', async (admin) => {
        await hold(2_500);
        await publisher.pause();
        await untilIngested(admin);
        for (const kind of KINDS) {
          const offsets = await admin.fetchTopicOffsets(acceptedTopic[kind]);
          await admin.setOffsets({
            groupId: groups.writer[kind],
            topic: acceptedTopic[kind],
            partitions: offsets.map(({ partition, high }) => ({ partition, offset: high })),
          });
        }
      });
      try {
        await system.until(() => isApplied(target), 30_000, 'the blocks that the group skipped are applied');
      } finally {
        publisher.resume();
      }
    },
  },
  {
    name: 'writer group lost',
    what: 'the consumer groups of the writers are deleted',
    run: (target) =>
      withGroupsDown(target, 'writer', async (admin) => {
        await admin.deleteGroups(Object.values(groups.writer));
      }),
  },
  {
    name: 'ingest group offsets reset',
    what: 'someone sets the committed offsets of ingest back: blocks arrive twice',
    run: (target) =>
      withGroupsDown(target, 'ingest', async (admin) => {
        for (const kind of KINDS) {
          const { random } = target;
          const committed = await admin.fetchOffsets({
            groupId: groups.ingest[kind],
            topics: [onBroker(topicOf[kind])],
          });
          await admin.setOffsets({
            groupId: groups.ingest[kind],
            topic: onBroker(topicOf[kind]),
            partitions: (committed[0]?.partitions ?? [])
              .filter(({ offset }) => Number(offset) > 0)
              .map(({ partition, offset }) => ({
                partition,
                // At most a thousand records again: the whole topic would only test patience.
                offset: String(random.integer(Math.max(0, Number(offset) - 1_000), Number(offset))),
              })),
          });
        }
      }),
  },
  {
    name: 'transaction left open',
    what: 'a machine writes in a transaction and falls silent: its partition waits, the others go on; then it aborts',
    run: leaveTransactionOpen,
  },
  {
    name: 'accepted topic without in-sync copies',
    what: 'an accepted topic requires more in-sync replicas than there are: ingest cannot write there, the others go on',
    brokers: 1,
    run: async (target) => {
      const kind = target.random.pick(KINDS);
      const ask = (copies: number) =>
        withAdmin(target.system.brokers, (admin) =>
          admin.alterConfigs({
            validateOnly: false,
            resources: [
              {
                type: kafkajs.ConfigResourceTypes.TOPIC,
                name: acceptedTopic[kind],
                configEntries: [...SETTINGS_OF_ACCEPTED, { name: 'min.insync.replicas', value: String(copies) }],
              },
            ],
          }),
        );
      await ask(2);
      try {
        await othersGoOn(target, (name) => name.startsWith(`${topicOf[kind]}/`), 20_000);
      } finally {
        await ask(1);
      }
    },
  },
  {
    name: 'partitions added',
    what: 'all topics get two more partitions under load',
    isOnce: true,
    run: async ({ system, publisher }) => {
      const partitions = (await partitionsOf(system.brokers)) + 2;
      await system.operator('topics', ['grow', String(partitions)]);
      await publisher.ensurePartitions(partitions);
      await sleep(1_000);
    },
  },
];

/** Waits until everything published is in blocks. */
async function untilIngested(admin: Admin): Promise<void> {
  for (const kind of KINDS) {
    const ends = await admin.fetchTopicOffsets(onBroker(topicOf[kind]));
    const isIngested = async () => {
      const [committed] = await admin.fetchOffsets({ groupId: groups.ingest[kind], topics: [onBroker(topicOf[kind])] });
      return ends.every(
        ({ partition, high }) =>
          Number(high) <= Number(committed?.partitions.find((one) => one.partition === partition)?.offset ?? 0),
      );
    };
    if (!(await waitFor(isIngested, 30_000))) {
      throw new Error(`ingest does not reach the end of ${topicOf[kind]}`);
    }
  }
}

async function isApplied({ system }: Target): Promise<boolean> {
  const ends = await readEndOffsets(system.brokers, Object.values(topicOf));
  const positions = await readPositions(system.sql);
  return positions.every(({ topic, partition, nextOffset }) => nextOffset >= (ends.get(`${topic}/${partition}`) ?? 0));
}

export function partitionsOf(brokers: string): Promise<number> {
  return withAdmin(brokers, async (admin) => (await admin.fetchTopicOffsets(onBroker(topicOf.telemetry))).length);
}
