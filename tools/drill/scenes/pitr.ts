/** Someone deletes a lot: the database goes back to just before, and everything else comes from Kafka again. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from '../../devstack/terminal/stack-error.ts';
import { readLines } from '../../faults/load/acknowledgements.ts';
import { onBroker, topicOf } from '../../faults/load/stream.ts';
import { LetterReader, observe, readPositions } from '../../faults/proof/observation.ts';
import { Trial } from '../../faults/run/trial.ts';
import { withAdmin } from '../../faults/system/clients.ts';
import type { SystemUnderTest } from '../../faults/system/system.ts';
import { Backups } from '../parts/backups.ts';
import { differencesAsOf, positionsIn, type Positions } from '../proof/as-of.ts';
import { demands, stopwatch, type Options, type Outcome, type Scene } from './scene.ts';

const RESUME_WITHIN_MS = 120_000;
const WHOLE_WITHIN_MS = 300_000;
const DAY_MS = 24 * 60 * 60 * 1000;
const ACCEPTED = ['telemetry.accepted.v1', 'inspection.accepted.v1'];

export const pitr: Scene = {
  what: 'someone deletes a lot; restore to just before, under load, and go on',
  run: async (system, options, seed) => {
    const backups = await Backups.prepare(system, options.windowDays, options.isInS3);
    try {
      const trial = await Trial.begin({ system, seed, rate: options.rate, resumeWithinMs: RESUME_WITHIN_MS });
      try {
        return await restoreDeletedLot(system, trial, backups, options);
      } finally {
        await trial.end();
      }
    } finally {
      backups.close();
    }
  },
};

async function restoreDeletedLot(
  system: SystemUnderTest,
  trial: Trial,
  backups: Backups,
  { windowDays, isShortOfBlocks }: Options,
): Promise<Outcome> {
  const { report, sql, signal } = system;
  const { differences, demand } = demands();
  await sayWhatTheWindowAllows(system, windowDays);
  await trial.warmUp();

  const backupTime = stopwatch();
  const bytes = await backups.take();
  const backupSeconds = backupTime();
  report('backup', `base backup under load: ${(bytes / 2 ** 20).toFixed(1)} MiB compressed`);
  await sleep(3_000, undefined, { signal });

  const [lot, held, later] = await lotsOf(system, 3);
  await hold(system, held, 'before the accident');
  const rows = await rowsOfLot(system, lot);
  const [moment] = await sql<{ target: string; iso: string }>(
    `SELECT at::text AS target, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS iso FROM clock_timestamp() AS at`,
  );
  const { target, iso } = moment as { target: string; iso: string };
  await sleep(1_500, undefined, { signal });
  await sql(deletion(lot));
  report('accident', `lot ${lot} is deleted, with ${rows} rows, just after ${target}`);
  demand((await rowsOfLot(system, lot)) === 0, `the accident deleted nothing of lot ${lot}`);
  await hold(system, later, 'after the accident');
  await sleep(5_000, undefined, { signal });

  // Noticed. From here on the clock of the recovery runs; machines go on publishing, and ingest goes on cutting blocks.
  const recovery = stopwatch();
  await system.holdDown([...system.names('writer'), ...system.names('query')], 'SIGTERM');
  const before = await readPositions(sql);
  const unarchived = await backups.unarchivedSeconds();
  const lost = await decisionsAfter(system, target);
  if (isShortOfBlocks) {
    await deleteBlocks(system);
  }
  await sayWhatKafkaHas(system, iso, isShortOfBlocks, demand);
  lost.forEach((entry) => report('to repeat', entry));
  await backups.archiveAll();
  await backups.restore(target);
  const answersAfter = recovery();
  report('restore', `the database is as it was at ${target}, after ${answersAfter.toFixed(1)} s`);

  const looking = stopwatch();
  const restored = await readPositions(sql);
  const back = difference(positionsIn(before), positionsIn(restored));
  demand(back > 0, 'no position went back: this restore proves nothing');
  demand((await rowsOfLot(system, lot)) === rows, `lot ${lot} has not all of its ${rows} rows again`);
  const observation = await observe(sql, system.brokers, new LetterReader(system.brokers));
  const { lines } = readLines(path.join(system.folder.run, 'acknowledged.ndjson'), 0);
  differences.push(...differencesAsOf(lines, observation).map((text) => `restored: ${text}`));
  const holds = (
    await sql<{ lot_id: string }>('SELECT l.lot_id FROM legal_holds JOIN lots AS l ON l.id = legal_holds.lot_id')
  ).map(({ lot_id }) => lot_id);
  demand(holds.join() === held, `on hold are ${holds.join()}, not ${held} alone`);
  demand(lost.length === 1, `${lost.length} decisions are listed as lost, not the one that is`);
  demand((await system.operator('db', ['audit', 'verify'])).startsWith('ok'), 'the audit trail does not verify');
  report('restore', `compared as of its own positions, ${back} records back`);
  const lookedFor = looking();

  if (isShortOfBlocks) {
    await readMachineTopicsAgain(system);
  }
  await system.startAgain([...system.names('writer'), ...system.names('query')]);
  await system.until(
    async () => difference(positionsIn(before), positionsIn(await readPositions(sql))) <= 0,
    WHOLE_WITHIN_MS,
    'every partition is where it was before the restore',
  );
  const wholeAfter = recovery() - lookedFor;
  report('recovery', `every partition is where it was, after ${wholeAfter.toFixed(1)} s`);
  await backups.check();
  differences.push(...(await trial.check({ withinMs: WHOLE_WITHIN_MS })));
  return {
    figures: [
      { what: 'RPO', value: 0, unit: 'events' },
      { what: 'RPO of decisions (listed)', value: lost.length, unit: 'entries' },
      { what: 'applied again from Kafka', value: back, unit: 'records' },
      { what: 'commits not yet archived', value: unarchived, unit: 's' },
      { what: 'base backup', value: backupSeconds, unit: 's' },
      { what: 'RTO, database answers', value: answersAfter, unit: 's' },
      { what: 'RTO, everything applied again', value: wholeAfter, unit: 's' },
    ],
    differences,
    elements: trial.elements,
  };
}

/** Records that `to` lacks of `from`, partitions that are ahead not counted. */
function difference(from: Positions, to: Positions): number {
  return [...from].reduce((sum, [partition, next]) => sum + Math.max(0, next - (to.get(partition) ?? 0)), 0);
}

/** Lots with the most inspections, so that an accident with one matters. */
async function lotsOf({ sql }: SystemUnderTest, count: number): Promise<[string, string, string]> {
  const rows = await sql<{ lot_id: string }>(
    `SELECT l.lot_id FROM lots AS l JOIN inspections AS i ON i.lot_id = l.id GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT $1`,
    [count],
  );
  if (rows.length < count) {
    throw new Error(`there are only ${rows.length} lots: publish for longer, or faster`);
  }
  return rows.map(({ lot_id }) => lot_id) as [string, string, string];
}

async function rowsOfLot({ sql }: SystemUnderTest, lot: string): Promise<number> {
  const [row] = await sql<{ n: number }>(
    `WITH units AS (SELECT i.id FROM inspections AS i JOIN lots AS l ON l.id = i.lot_id WHERE l.lot_id = $1)
     SELECT ((SELECT count(*) FROM units) + (SELECT count(*) FROM inspection_attempts WHERE inspection_id IN (SELECT id FROM units))
       + (SELECT count(*) FROM measurements WHERE inspection_id IN (SELECT id FROM units))
       + (SELECT count(*) FROM defects WHERE inspection_id IN (SELECT id FROM units)))::int AS n`,
    [lot],
  );
  return row?.n ?? 0;
}

/** What a careless administrator does: every table that has rows of the lot, in one transaction. */
const deletion = (lot: string): string => `
DO $$
DECLARE
  lot uuid := (SELECT id FROM lots WHERE lot_id = '${lot}');
  name text;
BEGIN
  FOR name IN SELECT c.table_name FROM information_schema.columns AS c JOIN information_schema.tables AS t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND c.column_name = 'inspection_id' AND t.table_type = 'BASE TABLE'
  LOOP
    EXECUTE format('DELETE FROM %I WHERE inspection_id IN (SELECT id FROM inspections WHERE lot_id = $1)', name) USING lot;
  END LOOP;
  FOREACH name IN ARRAY ARRAY['inspections', 'parts', 'wafers'] LOOP
    EXECUTE format('DELETE FROM %I WHERE lot_id = $1', name) USING lot;
  END LOOP;
  DELETE FROM lots WHERE id = lot;
END $$`;

async function hold(system: SystemUnderTest, lot: string, reason: string): Promise<void> {
  await system.operator('db', ['hold', 'place', lot, '--reason', reason]);
}

/** Decisions of people that only the database had: after the restore they have to be made again. */
async function decisionsAfter({ sql }: SystemUnderTest, target: string): Promise<string[]> {
  const entries = await sql<{ entry: string }>(
    `SELECT concat_ws(' ', at::text, stream, actor, action, subject) || ': ' || coalesce(reason, '') AS entry
     FROM audit_log WHERE at > $1::timestamptz ORDER BY at`,
    [target],
  );
  return entries.map(({ entry }) => entry);
}

/** Before anything happens: whether the accepted topics are kept for as long as a restore may go back. */
async function sayWhatTheWindowAllows(system: SystemUnderTest, windowDays: number): Promise<void> {
  for (const topic of ACCEPTED) {
    const { resources } = await withAdmin(system.brokers, (admin) =>
      // 2: a topic.
      admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: 2, name: onBroker(topic), configNames: ['retention.ms'] }],
      }),
    );
    const keptDays = Number(resources[0]?.configEntries[0]?.configValue) / DAY_MS;
    const isShort = keptDays >= 0 && keptDays < windowDays;
    system.report(
      'window',
      isShort
        ? `backups reach back ${windowDays} days, ${topic} ${keptDays}: a restore to a day before that leaves a gap`
        : `${topic} is kept for at least as long as backups reach back (${windowDays} days)`,
    );
  }
}

async function sayWhatKafkaHas(
  system: SystemUnderTest,
  moment: string,
  isShortOfBlocks: boolean,
  demand: (isTrue: boolean, what: string) => void,
): Promise<void> {
  try {
    const said = await system.operator('positions', ['reach', moment]);
    said
      .trimEnd()
      .split('\n')
      .forEach((line) => system.report('reach', line));
    demand(!isShortOfBlocks, 'blocks are gone, and "positions -- reach" did not say so');
  } catch (error) {
    if (!(error instanceof StackError)) {
      throw error;
    }
    (error.excerpt ?? error.message).split('\n').forEach((line) => system.report('reach', line));
    demand(isShortOfBlocks, `"positions -- reach" misses something: ${error.excerpt ?? error.message}`);
  }
}

/** As if the accepted topics were kept for shorter than the restore goes back. */
async function deleteBlocks(system: SystemUnderTest): Promise<void> {
  await withAdmin(system.brokers, async (admin) => {
    for (const topic of ACCEPTED.map(onBroker)) {
      const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
        partition,
        offset: high,
      }));
      await admin.deleteTopicRecords({ topic, partitions });
    }
  });
  // A block after the end shows on which side of the moment it is.
  await sleep(3_000, undefined, { signal: system.signal });
}

async function readMachineTopicsAgain(system: SystemUnderTest): Promise<void> {
  await system.holdDown(system.names('ingest'), 'SIGTERM');
  for (const topic of Object.values(topicOf)) {
    await system.operator('positions', ['rewind-ingest', topic, 'all', '--reason', 'restored', '--yes']);
  }
  await system.startAgain(system.names('ingest'));
}
