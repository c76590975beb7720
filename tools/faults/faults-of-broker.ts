/** Kafka that dies, freezes, forgets offsets, grows. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { waitFor } from '../stack/wait-for.ts';
import type { Fault, Target } from './catalogue.ts';
import { topicOf } from './generator.ts';
import { kafkaClient, readEndOffsets, readPositions } from './observation.ts';

const kafka = 'kafka-1';

async function restart({ system, hold }: Target, signal: NodeJS.Signals, downMs: number): Promise<void> {
  await system.stopServer(kafka, signal);
  try {
    await hold(downMs);
  } finally {
    await system.startServer(kafka);
  }
}

/** Only a group without members may be changed by hand. */
async function withGroupsDown(
  { system }: Target,
  project: 'ingest' | 'writer',
  change: (admin: Admin) => Promise<void>,
): Promise<void> {
  const names = system.names(project);
  await system.holdDown(names, 'SIGTERM');
  const admin = kafkaClient(system.brokers).admin();
  await admin.connect();
  try {
    await untilEmpty(admin, Object.values(groups[project]));
    await change(admin);
  } finally {
    await admin.disconnect();
    await system.startAgain(names);
  }
}

const groups = {
  writer: { telemetry: 'chip-writer-telemetry', inspection: 'chip-writer-inspection' },
  ingest: { telemetry: 'chip-ingest-telemetry', inspection: 'chip-ingest-inspection' },
};
const acceptedTopic = { telemetry: 'telemetry.accepted.v1', inspection: 'inspection.accepted.v1' };
const kinds = ['telemetry', 'inspection'] as const;

export const brokerFaults: readonly Fault[] = [
  {
    name: 'broker killed',
    what: 'kill -9 of the broker, start',
    run: (target) => restart(target, 'SIGKILL', target.random.integer(0, 4_000)),
  },
  {
    name: 'broker stopped',
    what: 'the broker is stopped in order and started again',
    run: (target) => restart(target, 'SIGTERM', target.random.integer(0, 3_000)),
  },
  {
    name: 'broker frozen',
    what: 'SIGSTOP of the broker, SIGCONT',
    run: async ({ system, hold, random }) => {
      const pid = await system.kill(kafka, 'SIGSTOP');
      try {
        await hold(random.integer(8_000, 18_000));
      } finally {
        process.kill(pid, 'SIGCONT');
      }
    },
  },
  {
    name: 'writer group offsets reset',
    what: 'somebody sets the committed offsets of the writers to the start, the end or anywhere; the database decides',
    run: (target) =>
      withGroupsDown(target, 'writer', async (admin) => {
        for (const kind of kinds) {
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
    what: 'blocks wait while the writers are down, somebody sets their offsets to the end, and nothing new comes in',
    run: async (target) => {
      const { system, publisher, hold } = target;
      await withGroupsDown(target, 'writer', async (admin) => {
        await hold(2_500);
        await publisher.pause();
        await untilIngested(admin);
        for (const kind of kinds) {
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
    what: 'somebody sets the committed offsets of ingest back: blocks come twice',
    run: (target) =>
      withGroupsDown(target, 'ingest', async (admin) => {
        for (const kind of kinds) {
          const { random } = target;
          const committed = await admin.fetchOffsets({ groupId: groups.ingest[kind], topics: [topicOf[kind]] });
          await admin.setOffsets({
            groupId: groups.ingest[kind],
            topic: topicOf[kind],
            partitions: (committed[0]?.partitions ?? [])
              .filter(({ offset }) => Number(offset) > 0)
              .map(({ partition, offset }) => ({
                partition,
                // At most a thousand records again: the whole topic would be another test, of patience.
                offset: String(random.integer(Math.max(0, Number(offset) - 1_000), Number(offset))),
              })),
          });
        }
      }),
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

/** A member that could not say goodbye stays until its session ends. */
async function untilEmpty(admin: Admin, groupIds: string[]): Promise<void> {
  const isEmpty = async () => {
    const { groups: described } = await admin.describeGroups(groupIds);
    return described.every(({ state }) => state === 'Empty' || state === 'Dead');
  };
  if (!(await waitFor(isEmpty, 30_000))) {
    throw new Error(`${groupIds.join(', ')} still have members, 30 s after they ended`);
  }
}

/** Everything published is in blocks. */
async function untilIngested(admin: Admin): Promise<void> {
  for (const kind of kinds) {
    const ends = await admin.fetchTopicOffsets(topicOf[kind]);
    const isIngested = async () => {
      const [committed] = await admin.fetchOffsets({ groupId: groups.ingest[kind], topics: [topicOf[kind]] });
      return ends.every(
        ({ partition, high }) =>
          Number(high) <= Number(committed?.partitions.find((one) => one.partition === partition)?.offset ?? 0),
      );
    };
    if (!(await waitFor(isIngested, 30_000))) {
      throw new Error(`ingest does not come to the end of ${topicOf[kind]}`);
    }
  }
}

async function isApplied({ system }: Target): Promise<boolean> {
  const ends = await readEndOffsets(system.brokers, Object.values(topicOf));
  const positions = await readPositions(system.sql);
  return positions.every(({ topic, partition, nextOffset }) => nextOffset >= (ends.get(`${topic}/${partition}`) ?? 0));
}

async function partitionsOf(brokers: string): Promise<number> {
  const admin = kafkaClient(brokers).admin();
  await admin.connect();
  try {
    return (await admin.fetchTopicOffsets(topicOf.telemetry)).length;
  } finally {
    await admin.disconnect();
  }
}
