/** What machines send, and rows that the database refuses. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Target } from './catalogue.ts';
import { poisonHost, topicOf, type Mood } from './generator.ts';
import { readEndOffsets, readPositions } from './observation.ts';

const inMood =
  (mood: Mood, ms: number) =>
  async ({ publisher, hold }: Target): Promise<void> => {
    publisher.mood = mood;
    try {
      await hold(ms);
    } finally {
      publisher.mood = 'ordinary';
    }
  };

/** A rule that comes and goes. Adding it needs the table for a moment, which a busy system grants at the second try. */
async function withConstraint({ system }: Target, rule: string, work: () => Promise<void>): Promise<void> {
  const alter = (change: string) =>
    system.until(
      async () => {
        try {
          await system.sql(`SET lock_timeout = '2s'; ALTER TABLE system_metrics ${change}; RESET lock_timeout`);
          return true;
        } catch (error) {
          if (['55P03', '40P01'].includes((error as { code?: string }).code ?? '')) {
            return false;
          }
          throw error;
        }
      },
      30_000,
      `the table can be altered (${change})`,
    );
  await alter(`ADD CONSTRAINT faults_rule CHECK (${rule}) NOT VALID`);
  try {
    await work();
  } finally {
    await alter('DROP CONSTRAINT faults_rule');
  }
}

/** Everything that the database may have judged meanwhile. */
async function breakSchema(target: Target): Promise<void> {
  const { system, log, hold } = target;
  const from = await system.sql<{ partition: number; next: number }>(
    'SELECT source_partition AS partition, next_offset::float8 AS next FROM stream_positions WHERE source_topic = $1',
    [topicOf.telemetry],
  );
  await withConstraint(target, 'metric_value < -1e99', () => hold(8_000));
  const ends = await readEndOffsets(system.brokers, [topicOf.telemetry]);
  for (const [name, to] of ends) {
    const partition = Number(name.split('/')[1]);
    const began = from.find((one) => one.partition === partition)?.next ?? 0;
    await log.append({ tolerated: { partition, from: began, to } });
  }
  // A stopped partition waits for a person, who has mended the schema and says so.
  await system.until(
    async () => {
      const stopped = (await readPositions(system.sql)).filter(({ state }) => state === 'rows_mostly_rejected');
      for (const { topic, partition } of stopped) {
        await system.operator('positions', ['resume', topic, String(partition), '--reason', 'schema mended', '--yes']);
      }
      await sleep(1_000);
      return stopped.length === 0;
    },
    60_000,
    'no partition is stopped',
  );
}

export const eventFaults: readonly Fault[] = [
  {
    name: 'malformed events',
    what: 'every event is refused: truncated, no UTF-8, NaN, NUL, too deep, wrong types …',
    run: inMood('malformed', 4_000),
  },
  { name: 'huge events', what: 'one byte below and above the limit, compressed', run: inMood('huge', 5_000) },
  { name: 'machine clock ahead', what: 'event times days in the future', run: inMood('ahead', 3_000) },
  { name: 'machine clock behind', what: 'event times a year in the past', run: inMood('behind', 3_000) },
  {
    name: 'poison rows',
    what: 'the database refuses some rows: each becomes a dead letter, its neighbours are written',
    run: (target) => withConstraint(target, `host <> '${poisonHost}'`, () => target.hold(5_000)),
  },
  {
    name: 'schema broken',
    what: 'the database refuses every row: the partitions stop instead of refusing everything',
    run: breakSchema,
  },
];
