/** Broker clocks that step: append times of machine records then jump, and jump back. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fakedClock, provideFaketime } from '../../../devstack/servers/faketime.ts';
import { cacheFolder } from '../../../devstack/layout.ts';
import { onBroker, topicOf } from '../../load/stream.ts';
import { lastAppendTime, withAdmin } from '../../system/clients.ts';
import type { Fault, Target } from '../fault.ts';
import { positionsNow } from '../progress.ts';
import { movesOrSaysWhy } from '../ways-out.ts';

/** The library reads its file once a second. */
const SEEN_AFTER_MS = 3_000;
/** Most time between the real clock and an append time just read, on a busy machine. */
const MOST_LATE_SECONDS = 8;

/** Steps the clock of one broker, and later back; nothing may stop, and no one may need to act. */
async function stepClock(target: Target, seconds: number): Promise<void> {
  const { system, publisher, random, hold, object, note } = target;
  const library = await provideFaketime(cacheFolder(), system.report, system.signal);
  const file = path.join(system.folder.data, 'broker-clock');
  const set = (offset: number): void => writeFileSync(file, `${offset < 0 ? '-' : '+'}${Math.abs(offset)}s\n`);
  const broker = random.pick(system.kafkaNames);
  // A machine may be ten minutes ahead of the broker, not an hour.
  publisher.mood = seconds < -600 ? 'early' : 'ordinary';
  set(0);
  await system.stopServer(broker, 'SIGTERM');
  try {
    await system.startServer(broker, fakedClock(library, file));
    await hold(SEEN_AFTER_MS);
    for (const offset of [seconds, 0]) {
      const before = await positionsNow(target);
      set(offset);
      await hold(SEEN_AFTER_MS);
      await expectStep(target, broker, offset);
      const seen = await movesOrSaysWhy(target, before);
      if (seen.size > 0) {
        object(`a clock that is ${offset} s off stopped partitions: ${[...seen].join(', ')}`);
      }
      await hold(4_000);
    }
    note(`the clock of ${broker} was ${seconds} s off`);
    await system.stopServer(broker, 'SIGTERM');
  } finally {
    set(0);
    await system.startServer(broker);
    publisher.mood = 'ordinary';
  }
}

/** Without a real step the fault would prove nothing. */
async function expectStep(target: Target, broker: string, seconds: number): Promise<void> {
  const { system } = target;
  const partition = await ledBy(target, broker);
  if (partition === undefined) {
    return;
  }
  let offset = NaN;
  const hasStepped = async (): Promise<boolean> => {
    offset = ((await lastAppendTime(system.brokers, onBroker(topicOf.telemetry), partition)) - Date.now()) / 1000;
    return offset <= seconds + 1 && offset >= seconds - MOST_LATE_SECONDS;
  };
  await system.until(hasStepped, 60_000, `records of ${broker} are ${seconds} s off (the last one: ${offset} s)`);
}

/** A telemetry partition led by this broker. */
async function ledBy({ system }: Target, broker: string): Promise<number | undefined> {
  const { topics } = await withAdmin(system.brokers, (admin) =>
    admin.fetchTopicMetadata({ topics: [onBroker(topicOf.telemetry)] }),
  );
  return topics[0]?.partitions.find(({ leader }) => system.brokerName(leader) === broker)?.partitionId;
}

const clockFault = (name: string, what: string, seconds: number): Fault => ({
  name,
  what,
  run: (target) => stepClock(target, seconds),
});

export const CLOCK_FAULTS: readonly Fault[] = [
  clockFault('broker clock 10 s ahead', 'the clock of a broker steps 10 s ahead under load, and back', 10),
  clockFault('broker clock 10 s behind', 'the clock of a broker steps 10 s back under load, and ahead again', -10),
  clockFault('broker clock 1 h ahead', 'the clock of a broker steps an hour ahead under load, and back', 3_600),
  clockFault('broker clock 1 h behind', 'the clock of a broker steps an hour back under load, and ahead again', -3_600),
];
