/** The Kafka cluster is gone with everything that was not applied: go on with an empty one, and say what is lost. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaHome } from '../../devstack/servers/kafka.ts';
import { AcknowledgementLog, readLines, type Line } from '../../faults/load/acknowledgements.ts';
import { Publisher } from '../../faults/load/publisher.ts';
import { topicOf, type Kind, type Origin } from '../../faults/load/stream.ts';
import { check } from '../../faults/proof/checker.ts';
import { Expectation } from '../../faults/proof/expectation.ts';
import { LetterReader, observe, readPositions } from '../../faults/proof/observation.ts';
import { drain, partitionName } from '../../faults/proof/recovery.ts';
import { checkResidue } from '../../faults/proof/residue.ts';
import type { SystemUnderTest } from '../../faults/system/system.ts';
import { differencesAsOf, linesBelow, positionsIn, type Positions } from '../proof/as-of.ts';
import { demands, stopwatch, type Outcome, type Scene } from './scene.ts';

const KINDS = ['telemetry', 'inspection'] as const;
const PARTITIONS = 8;
const MOVES_WITHIN_MS = 120_000;
const DRAIN_WITHIN_MS = 180_000;

export const lostKafka: Scene = {
  what: 'the Kafka cluster is lost with what was not applied; continue on an empty one by "positions -- rebase"',
  run: async (system, { rate }, seed) => {
    const origin: Origin = { seed, epochMs: Date.now() };
    const file = path.join(system.folder.run, 'acknowledged.ndjson');
    const log = await AcknowledgementLog.create(file, origin);
    const publisher = new Publisher({ brokers: system.brokers, origin, log, rate });
    try {
      await publisher.ensurePartitions(PARTITIONS);
      return await loseKafka(system, publisher, () => readLines(file, 0).lines);
    } finally {
      await publisher.close();
      await log.close();
    }
  },
};

async function loseKafka(system: SystemUnderTest, publisher: Publisher, readLog: () => Line[]): Promise<Outcome> {
  const { report, sql, signal } = system;
  const { differences, demand } = demands();
  publisher.resume();
  await sleep(8_000, undefined, { signal });
  // Some are behind when it happens: of one half of the partitions no blocks are made, of another none are applied.
  for (const name of ['ingest-1', 'writer-1']) {
    await system.kill(name, 'SIGSTOP');
  }
  await sleep(4_000, undefined, { signal });
  await publisher.pause();
  const recovery = stopwatch();
  const down = [...system.names('ingest'), ...system.names('writer')];
  await system.holdDown(down, 'SIGKILL');

  // What the cluster held at its end; nobody could look there afterwards.
  const acknowledged = readLog();
  const observation = await observe(sql, system.brokers, new LetterReader(system.brokers));
  const applied = positionsIn(observation.positions);
  const lost = beyond(acknowledged, applied);
  differences.push(...differencesAsOf(acknowledged, observation).map((text) => `before the loss: ${text}`));
  demand(lost.offsets > 0, 'everything was applied: this loss proves nothing');
  for (const name of system.kafkaNames) {
    await system.stopServer(name, 'SIGKILL');
    rmSync(kafkaHome(system.folder, name), { recursive: true, force: true });
  }
  report('accident', `Kafka is gone, with ${lost.offsets} records (${lost.elements} elements) that were not applied`);

  const brokers = await system.startOtherCluster();
  await system.moveTo(brokers);
  await system.operator('topics', ['create']);
  for (const kind of KINDS) {
    const command = ['rebase', topicOf[kind], 'all', '--old-cluster-lost', '--reason', 'cluster lost', '--yes'];
    const said = await system.operator('positions', command);
    const lines = said.split('\n').filter((text) => text.includes('is LOST'));
    const [line] = lines.filter((text) => !text.includes('at least 0 ')).concat(lines);
    report('rebase', `${line ?? 'says nothing of a loss'} (one of ${lines.length} partitions)`);
    demand(line !== undefined, '"positions -- rebase" does not say what is lost');
  }
  const known = await givenUp(system);
  demand(known.size > 0, 'stream_gaps does not name what was given up');
  for (const [partition, { from, to }] of known) {
    demand(
      applied.get(partition) === from,
      `${partition}: given up from ${from}, applied up to ${applied.get(partition)}`,
    );
    demand(to <= (lost.ends.get(partition) ?? 0), `${partition}: given up to ${to}, where nothing was acknowledged`);
  }
  await system.startAgain(down);
  const readyAfter = recovery();

  for (const kind of KINDS) {
    await publisher.startOver(kind);
  }
  await publisher.moveTo(brokers);
  // Streams of their own: the records of a case that began on the old cluster may be lost there.
  publisher.mood = 'early';
  publisher.resume();
  const partitions = KINDS.flatMap((kind) => Array.from({ length: PARTITIONS }, (_, at) => partitionName(kind, at)));
  await system.until(
    async () => {
      const positions = positionsIn(await readPositions(sql));
      return partitions.every((partition) => (positions.get(partition) ?? 0) > 0);
    },
    MOVES_WITHIN_MS,
    'every partition moves on the new cluster',
  );
  const movesAfter = recovery();
  report('recovery', `every partition moves on the new cluster, after ${movesAfter.toFixed(1)} s`);
  await sleep(5_000, undefined, { signal });
  await publisher.pause();

  const expectation = expectationAfter(readLog(), applied);
  const ends = [...expectation.partitions].map(([key, { endOffset }]) => {
    const [kind, partition] = key.split('/') as [Kind, string];
    return [partitionName(kind, Number(partition)), endOffset] as const;
  });
  differences.push(...(await drain(system, new Map(ends), DRAIN_WITHIN_MS)));
  const after = await observe(sql, brokers, new LetterReader(brokers));
  differences.push(...check(expectation, after).differences);
  differences.push(...(await checkResidue(system, new Map())));
  return {
    figures: [
      { what: 'RPO', value: lost.offsets, unit: 'records' },
      { what: 'RPO in elements', value: lost.elements, unit: 'events' },
      { what: 'known to the database', value: sizeOf(known), unit: 'records' },
      { what: 'dead letters lost', value: observation.letters.size, unit: 'records' },
      { what: 'RTO, services ready', value: readyAfter, unit: 's' },
      { what: 'RTO, every partition moves', value: movesAfter, unit: 's' },
    ],
    differences,
    elements: expectation.elements,
  };
}

/** What was acknowledged at or above the positions. */
function beyond(lines: readonly Line[], applied: Positions): { offsets: number; elements: number; ends: Positions } {
  const [whole, kept] = [new Expectation(), new Expectation()];
  lines.forEach((line) => whole.add(line));
  linesBelow(lines, applied).forEach((line) => kept.add(line));
  const ends = new Map([...whole.partitions.values()].map((one) => [`${one.topic}/${one.partition}`, one.endOffset]));
  const offsets = [...ends].reduce((sum, [partition, end]) => sum + end - (applied.get(partition) ?? 0), 0);
  return { offsets, elements: whole.elements - kept.elements, ends };
}

type Ranges = ReadonlyMap<string, { readonly from: number; readonly to: number }>;

async function givenUp({ sql }: SystemUnderTest): Promise<Ranges> {
  const rows = await sql<{ partition: string; from: number; to: number }>(
    `SELECT concat_ws('/', source_topic, source_partition) AS partition, from_offset::float8 AS from, to_offset::float8 AS to
     FROM stream_gaps WHERE kind = 'rebased'`,
  );
  return new Map(rows.map(({ partition, from, to }) => [partition, { from, to }]));
}

const sizeOf = (ranges: Ranges): number => [...ranges.values()].reduce((sum, { from, to }) => sum + to - from, 0);

/** What was applied on the old cluster stays, without its letters, which went with their topics. */
function expectationAfter(lines: readonly Line[], applied: Positions): Expectation {
  const expectation = new Expectation();
  const moved = lines.findIndex((line) => 'recreated' in line);
  linesBelow(lines.slice(0, moved), applied).forEach((line) => expectation.add(line));
  lines.slice(moved).forEach((line) => expectation.add(line));
  for (const key of [...expectation.letters.keys()].filter((name) => /^\d+:/.test(name))) {
    expectation.letters.delete(key);
  }
  return expectation;
}
