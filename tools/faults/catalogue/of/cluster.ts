/** Brokers of a three-node cluster that die, freeze, restart, or leave a partition with too few replicas. */
import { readFileSync } from 'node:fs';
import { logFile } from '../../../devstack/processes/processes.ts';
import { topicOf, type Kind } from '../../load/stream.ts';
import { withAdmin } from '../../system/clients.ts';
import type { Fault, Target } from '../fault.ts';
import { acceptedTopic } from '../groups.ts';
import { othersGoOn } from '../progress.ts';

async function restart(target: Target, name: string, signal: NodeJS.Signals, downMs: number): Promise<void> {
  const { system, hold, object } = target;
  const restarts = system.restarts();
  await system.stopServer(name, signal);
  try {
    await hold(downMs);
  } finally {
    await system.startServer(name);
  }
  await untilInSync(target);
  if (system.restarts() > restarts) {
    object(`${system.restarts() - restarts} services had to be restarted because one of three brokers was down`);
  }
}

/**
 * Waits until every partition has all its replicas: only then may the next broker be touched, as a careful operator
 * does.
 */
async function untilInSync({ system }: Target): Promise<void> {
  await withAdmin(system.brokers, (admin) =>
    system.until(
      async () => {
        const { topics } = await admin.fetchTopicMetadata();
        return topics.every(({ partitions }) =>
          partitions.every(({ isr, replicas }) => isr.length === replicas.length),
        );
      },
      90_000,
      'every partition has all its copies',
    ),
  );
}

/** The broker that leads a partition of a topic. */
async function leaderOf({ system }: Target, topic: string, partition: number): Promise<string> {
  const { topics } = await withAdmin(system.brokers, (admin) => admin.fetchTopicMetadata({ topics: [topic] }));
  const leader = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader;
  return system.brokerName(leader ?? 0) as string;
}

/** The node that leads the controller quorum: its log claims the highest epoch. Clients learn of any broker instead. */
function activeController({ system }: Target): string {
  const claims = system.kafkaNames.map((name) => {
    const log = readFileSync(logFile(system.folder.run, name), 'utf8');
    const epochs = [...log.matchAll(/Becoming the active controller at epoch (\d+)/g)].map(([, epoch]) =>
      Number(epoch),
    );
    return { name, epoch: Math.max(-1, ...epochs) };
  });
  return claims.reduce((latest, one) => (one.epoch > latest.epoch ? one : latest)).name;
}

const pickAccepted = ({ random }: Target): { topic: string; partition: number; kind: Kind } => {
  const kind = random.pick(['telemetry', 'inspection'] as const);
  return { kind, topic: acceptedTopic[kind], partition: random.integer(0, 7) };
};

export const CLUSTER_FAULTS: readonly Fault[] = [
  {
    name: 'leader killed',
    what: 'kill -9 of the broker that leads a partition; another replica takes over',
    brokers: 3,
    run: async (target) => {
      const { topic, partition } = pickAccepted(target);
      await restart(target, await leaderOf(target, topic, partition), 'SIGKILL', target.random.integer(4_000, 12_000));
    },
  },
  {
    name: 'coordinator killed',
    what: 'kill -9 of the broker that coordinates the group of the writers',
    brokers: 3,
    run: async (target) => {
      const { topics } = await withAdmin(target.system.brokers, (admin) =>
        admin.fetchTopicMetadata({ topics: ['__consumer_offsets'] }),
      );
      const leader = target.random.pick(topics[0]?.partitions ?? []).leader;
      await restart(
        target,
        target.system.brokerName(leader ?? 0) as string,
        'SIGKILL',
        target.random.integer(4_000, 12_000),
      );
    },
  },
  {
    name: 'controller killed',
    what: 'kill -9 of the node that leads the controller quorum',
    brokers: 3,
    run: (target) => restart(target, activeController(target), 'SIGKILL', target.random.integer(4_000, 12_000)),
  },
  {
    name: 'brokers restarted in turn',
    what: 'each broker is stopped cleanly and restarted, the next one once every replica is in sync',
    brokers: 3,
    run: async (target) => {
      for (const name of target.random.shuffle(target.system.kafkaNames)) {
        await restart(target, name, 'SIGTERM', 500);
      }
    },
  },
  {
    name: 'two brokers frozen',
    what: 'SIGSTOP of two of three brokers: nothing can be acknowledged, producers wait; SIGCONT',
    brokers: 3,
    run: async (target) => {
      const { system, hold, random } = target;
      const names = random.shuffle(system.kafkaNames).slice(0, 2);
      const pids = await Promise.all(names.map((name) => system.kill(name, 'SIGSTOP')));
      try {
        await hold(random.integer(15_000, 25_000));
      } finally {
        pids.forEach((pid) => process.kill(pid, 'SIGCONT'));
      }
      await untilInSync(target);
    },
  },
  {
    name: 'partition without in-sync copies',
    what: 'one accepted partition has one replica where two must be in sync: ingest cannot write there, the others go on',
    brokers: 3,
    run: async (target) => {
      const { system } = target;
      const { kind, topic, partition } = pickAccepted(target);
      const leader = Number((await leaderOf(target, topic, partition)).slice('kafka-'.length));
      const assign = (replicas: number[]) =>
        withAdmin(system.brokers, (admin) =>
          admin.alterPartitionReassignments({
            topics: [{ topic, partitionAssignment: [{ partition, replicas }] }],
          }),
        );
      await assign([leader]);
      try {
        await othersGoOn(target, (name) => name === `${topicOf[kind]}/${partition}`, 20_000);
      } finally {
        await assign([leader, ...[1, 2, 3].filter((id) => id !== leader)]);
      }
      await untilInSync(target);
    },
  },
];
