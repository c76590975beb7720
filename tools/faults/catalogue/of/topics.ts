/** Topics that are deleted and recreated, or that have lost their end. */
import { readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { kafkaHome } from '../../../devstack/servers/kafka.ts';
import { onBroker, topicOf, type Kind } from '../../load/stream.ts';
import { withAdmin } from '../../system/clients.ts';
import type { Fault, Target } from '../fault.ts';
import { partitionsOf } from './broker.ts';
import { acceptedTopic, KINDS } from '../groups.ts';
import { positionsNow } from '../progress.ts';
import { movesOrSaysWhy } from '../ways-out.ts';

/** Deletes topics and recreates them as in the contract, with as many partitions as before. */
async function recreate({ system }: Target, topics: readonly string[]): Promise<void> {
  const partitions = await partitionsOf(system.brokers);
  await withAdmin(system.brokers, async (admin) => {
    await admin.deleteTopics({ topics: [...topics] });
    await system.until(
      async () => !(await admin.listTopics()).some((name) => topics.includes(name)),
      20_000,
      'the topics are gone',
    );
  });
  await system.operator('topics', ['create']);
  await system.operator('topics', ['grow', String(partitions)]);
}

/** Waits until everything of a kind is applied and nothing is in flight; then its machine topic starts over. */
async function startOver({ letters, publisher }: Target, kind: Kind): Promise<void> {
  await letters.seal(kind);
  await publisher.startOver(kind);
}

/** Runs `work` without writers, so that blocks wait. */
async function withoutWriters(target: Target, work: () => Promise<void>): Promise<void> {
  const { system } = target;
  const names = system.names('writer');
  await system.holdDown(names, 'SIGTERM');
  try {
    await work();
  } finally {
    await system.startAgain(names);
  }
}

/**
 * Cuts record batches off the end of a partition while the broker is down, as a power cut or an unclean election does.
 *
 * @param keep share of the batches that stay
 * @returns batches that were cut off
 */
function cutTail(folder: string, keep: number): number {
  const segment = readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .at(-1) as string;
  const bytes = readFileSync(path.join(folder, segment));
  const starts: number[] = [];
  // Base offset (8 bytes), then the length of what follows the length (4 bytes).
  for (let at = 0; at + 12 <= bytes.length; at += 12 + bytes.readInt32BE(at + 8)) {
    // A segment is allocated ahead and ends in zeros.
    if (bytes.readInt32BE(at + 8) <= 0) {
      break;
    }
    starts.push(at);
  }
  const kept = Math.floor(starts.length * keep);
  if (kept === starts.length) {
    return 0;
  }
  truncateSync(path.join(folder, segment), starts[kept]);
  // The broker rebuilds these from the log itself.
  for (const name of readdirSync(folder).filter((file) => /\.(index|timeindex|txnindex|snapshot)$/.test(file))) {
    rmSync(path.join(folder, name));
  }
  return starts.length - kept;
}

/** Cuts the end off every partition of an accepted topic. */
async function loseTail(target: Target, kind: Kind): Promise<void> {
  const { system, random, note } = target;
  const partitions = await partitionsOf(system.brokers);
  const [broker] = system.kafkaNames as [string];
  await system.stopServer(broker, 'SIGKILL');
  let cut = 0;
  try {
    const logs = path.join(kafkaHome(system.folder, broker), 'log');
    for (let partition = 0; partition < partitions; partition += 1) {
      cut += cutTail(path.join(logs, `${acceptedTopic[kind]}-${partition}`), random.next());
    }
  } finally {
    await system.startServer(broker);
  }
  note(`${cut} batches of ${acceptedTopic[kind]} are lost`);
}

/** A planned move to another cluster, step by step as the runbooks say: afterwards everything is exact there. */
async function moveKafka(target: Target): Promise<void> {
  const { system, publisher, letters } = target;
  const partitions = await partitionsOf(system.brokers);
  await target.rest();
  for (const kind of KINDS) {
    await startOver(target, kind);
  }
  await system.holdDown(system.serviceNames, 'SIGTERM');
  const brokers = await system.startOtherCluster();
  await system.moveTo(brokers);
  await system.operator('topics', ['create']);
  await system.operator('topics', ['grow', String(partitions)]);
  for (const kind of KINDS) {
    await system.operator('positions', ['rebase', topicOf[kind], 'all', '--reason', 'Kafka has moved', '--yes']);
  }
  await system.startAgain(system.serviceNames);
  await publisher.moveTo(brokers);
  letters.moveTo(brokers);
  const before = await positionsNow(target);
  publisher.resume();
  const seen = await movesOrSaysWhy(target, before);
  if (seen.size > 0) {
    target.object(`after a planned move partitions stopped: ${[...seen].join(', ')}`);
  }
}

export const TOPIC_FAULTS: readonly Fault[] = [
  {
    name: 'accepted topic recreated',
    what: 'the accepted topics are deleted and recreated while everything is applied, then events go on',
    run: async (target) => {
      await target.rest();
      await recreate(target, Object.values(acceptedTopic));
      const before = await positionsNow(target);
      target.publisher.resume();
      await movesOrSaysWhy(target, before);
    },
  },
  {
    name: 'accepted topic recreated with blocks',
    what: 'the same while blocks wait to be applied: a gap, closed by rewind-ingest',
    run: async (target) => {
      await withoutWriters(target, async () => {
        await target.hold(2_500);
        await recreate(target, [acceptedTopic[target.random.pick(KINDS)]]);
        await target.hold(1_000);
      });
      await movesOrSaysWhy(target, await positionsNow(target));
    },
  },
  {
    name: 'accepted tail lost',
    what: 'the ends of the accepted partitions are cut off on disk after they were applied, then events go on',
    brokers: 1,
    run: async (target) => {
      await target.rest();
      await loseTail(target, target.random.pick(KINDS));
      const before = await positionsNow(target);
      target.publisher.resume();
      await movesOrSaysWhy(target, before);
    },
  },
  {
    name: 'accepted tail lost and refilled',
    what: 'the same while the writers are down, which then find the lost offsets filled with other blocks',
    brokers: 1,
    run: async (target) => {
      await target.rest();
      const before = await positionsNow(target);
      await withoutWriters(target, async () => {
        await loseTail(target, target.random.pick(KINDS));
        target.publisher.resume();
        await target.hold(8_000);
      });
      await movesOrSaysWhy(target, before);
    },
  },
  {
    name: 'machine topic recreated',
    what: 'a machine topic is deleted and recreated: the partitions report it and continue by accept-recreated',
    run: async (target) => {
      const kind = target.random.pick(KINDS);
      await target.rest();
      await startOver(target, kind);
      await recreate(target, [onBroker(topicOf[kind])]);
      const before = await positionsNow(target);
      target.publisher.resume();
      await movesOrSaysWhy(target, before);
    },
  },
  {
    name: 'kafka moved',
    what: 'a planned move to another cluster by "positions -- rebase": topics created there, services and machines switched',
    brokers: 1,
    isOnce: true,
    run: moveKafka,
  },
  {
    name: 'both topics recreated',
    what: 'a machine topic and its accepted topic are deleted and recreated',
    run: async (target) => {
      const kind = target.random.pick(KINDS);
      await target.rest();
      await startOver(target, kind);
      await recreate(target, [onBroker(topicOf[kind]), acceptedTopic[kind]]);
      const before = await positionsNow(target);
      target.publisher.resume();
      await movesOrSaysWhy(target, before);
    },
  },
];
