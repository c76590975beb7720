/** What machines send, and rows that the database refuses. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Target } from '../fault.ts';
import { topicOf, type Mood } from '../../load/stream.ts';
import { POISON_HOST } from '../../load/telemetry-records.ts';
import { readEndOffsets, readPositions } from '../../proof/observation.ts';

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

const MEGABYTE = 1024 * 1024;
/** Limit for one ingest while it works through a million refused records. */
const MOST_MEGABYTES = 300;

/** The peak resident memory of a process, MiB. */
const peakMegabytes = (pid: number): number =>
  Math.round((Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024) / MEGABYTE);

/** Records wait in gzip batches while no ingest runs, so that each fetch brings tens of thousands of them. */
async function flood(target: Target, records: number): Promise<void> {
  const { system, publisher, object, note } = target;
  const names = system.names('ingest');
  await target.rest();
  await system.holdDown(names, 'SIGTERM');
  try {
    await publisher.flood('misspelt', records, 5_000);
  } finally {
    await system.startAgain(names);
  }
  const restarts = system.restarts();
  const began = performance.now();
  await target.rest(FLOOD_WITHIN_MS);
  const peaks = names.map((name) => peakMegabytes(system.pidOf(name)));
  note(`${records} refused records settled in ${inSeconds(began)}, ingests at most ${peaks.join(' and ')} MiB`);
  if (Math.max(...peaks) > MOST_MEGABYTES) {
    object(`an ingest needed ${Math.max(...peaks)} MiB, more than ${MOST_MEGABYTES}`);
  }
  if (system.restarts() > restarts) {
    object(`${system.restarts() - restarts} services had to be restarted`);
  }
  publisher.resume();
}

const FLOOD_WITHIN_MS = 900_000;
const inSeconds = (began: number): string => `${((performance.now() - began) / 1000).toFixed(0)} s`;

/** Publishes records that must not end a service. */
async function withoutRestarts(target: Target, work: () => Promise<void>): Promise<void> {
  const restarts = target.system.restarts();
  await work();
  await target.rest();
  if (target.system.restarts() > restarts) {
    target.object(`${target.system.restarts() - restarts} services had to be restarted`);
  }
  target.publisher.resume();
}

/** With a retention of 30 days, samples of 40 days become too old; ingest reads the setting at its start. */
async function shortenRetention(target: Target): Promise<void> {
  const { system, publisher, hold } = target;
  const keep = (days: number) =>
    system.operator('db', ['retention', 'set', 'system_metrics', `${days} days`, '--reason', 'set by a fault']);
  const startIngestAgain = async (): Promise<void> => {
    const names = system.names('ingest');
    await system.holdDown(names, 'SIGTERM');
    await system.startAgain(names);
  };
  await keep(30);
  try {
    await startIngestAgain();
    publisher.mood = 'aged';
    await hold(4_000);
    publisher.mood = 'ordinary';
    // Everything is judged by the setting under which it was published.
    await target.rest();
  } finally {
    publisher.mood = 'ordinary';
    await keep(90);
    await startIngestAgain();
    publisher.resume();
  }
}

/**
 * A temporary constraint. Adding it briefly locks the table, which a busy system may grant only on the second attempt.
 */
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

/** Breaks the schema; the database may have judged everything meanwhile. */
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
  // A stopped partition waits for a person who has fixed the schema and says so.
  await system.until(
    async () => {
      const stopped = (await readPositions(system.sql)).filter(({ state }) => state === 'rows_mostly_rejected');
      for (const { topic, partition } of stopped) {
        await system.operator('positions', ['resume', topic, String(partition), '--reason', 'schema fixed', '--yes']);
      }
      await sleep(1_000);
      return stopped.length === 0;
    },
    60_000,
    'no partition is stopped',
  );
}

export const EVENT_FAULTS: readonly Fault[] = [
  {
    name: 'malformed events',
    what: 'every event is refused: truncated, not UTF-8, NaN, NUL, too deep, wrong types …',
    run: inMood('malformed', 4_000),
  },
  { name: 'huge events', what: 'one byte below and above the limit, compressed', run: inMood('huge', 5_000) },
  { name: 'machine clock ahead', what: 'event times days in the future', run: inMood('ahead', 3_000) },
  { name: 'machine clock behind', what: 'event times a year in the past', run: inMood('behind', 3_000) },
  {
    name: 'poison rows',
    what: 'the database refuses some rows: each becomes a dead letter, its neighbours are written',
    run: (target) => withConstraint(target, `host <> '${POISON_HOST}'`, () => target.hold(5_000)),
  },
  {
    name: 'event id reused after a refusal',
    what: 'inspections of an unknown type, corrected under the same id: each has exactly one outcome',
    run: inMood('reused', 5_000),
  },
  {
    name: 'letters beyond their topic',
    what: 'keys of 3 MiB and events that outgrow the letter topic when normalised: truncated letters, no service ends',
    run: (target) => withoutRestarts(target, () => inMood('beyond', 6_000)(target)),
  },
  {
    name: 'retention made shorter',
    what: 'samples are kept for 30 instead of 90 days for a while: older ones are refused as too old',
    run: shortenRetention,
  },
  {
    name: 'hundred thousand refused',
    what: '100,000 refused records in gzip batches; the memory of ingest is measured',
    run: (target) => flood(target, 100_000),
  },
  {
    name: 'million refused',
    what: 'the same with 1,000,000',
    isLong: true,
    run: (target) => flood(target, 1_000_000),
  },
  {
    name: 'schema broken',
    what: 'the database refuses every row: the partitions stop instead of refusing everything',
    run: breakSchema,
  },
];
