import { isDay, type Stream, streamOf, STREAMS } from '@chip/contracts';
import { KafkaAdmin, kafkaConnection, kafkaVariables, readTopic, type TopicRange } from '@chip/kafka';
import { Database, loadIngestPartitions, loadPositions, schemaReady } from '@chip/persistence';
import { createLogger, loadConfig, InputError } from '@chip/service';
import { wholeNumber } from '@chip/service/command';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { auditText, byOption, environmentVariable, runCommand } from './command.ts';
import { confirm } from './confirm.ts';
import { IngestPlans } from './positions/ingest-plans.ts';
import { planAcceptGap } from './positions/accept-gap.ts';
import { planAcceptRecreated } from './positions/accept-recreated.ts';
import { planInit } from './positions/init.ts';
import { PartitionFacts } from './positions/partition-facts.ts';
import { AlreadyMadeError, type Plan } from './positions/plan.ts';
import { reachOf } from './positions/reach.ts';
import { planRebase } from './positions/rebase.ts';
import { planResume } from './positions/resume.ts';
import { planRewindIngest } from './positions/rewind-ingest.ts';
import { positionsAsJson, positionsAsText } from './positions/show.ts';
import { printable } from './printable.ts';

const { logger } = createLogger({ name: 'positions', level: 'silent' });

async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database({
    url: environmentVariable('DATABASE_URL'),
    applicationName: 'chip-positions',
    max: 2,
  });
  try {
    await schemaReady(database);
    return await work(database);
  } finally {
    await database.close();
  }
}

/** A longer shift is more than a wrongly set clock, and deserves a second look. */
const MAX_CLOCK_SHIFT_MS = 7 * 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };
const clockShift = (text: string): number => {
  const [, amount, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNIT_MS[unit ?? ''] ?? NaN);
  if (!(ms > 0 && ms <= MAX_CLOCK_SHIFT_MS)) {
    throw new InvalidArgumentError('Expected a time such as 15m, 90s or 2h, at most 168h.');
  }
  return ms;
};
const machineTopic = (name: string): Stream => {
  const stream = streamOf(name);
  if (stream === undefined) {
    throw new InvalidArgumentError(`Machine topics are ${STREAMS.map(({ source }) => source).join(' and ')}.`);
  }
  return stream;
};

const partitionOrAll = (text: string): number | 'all' => (text === 'all' ? text : wholeNumber()(text));

const program = new Command('positions')
  .description(
    'Shows how far each partition of a machine topic is applied, and resumes stopped partitions.\nReads DATABASE_URL (chip_operator, or the owner) and KAFKA_BROKERS.',
  )
  .addHelpText(
    'after',
    `
Examples:
  npm run positions -- show
  npm run positions -- accept-gap telemetry.samples.v1 3 --to 120450 --reason 'retention was too short' --dry-run
  npm run positions -- resume inspection.results.v1 0 --reason 'constraint fixed' --yes

Every change is checked first, shown, and recorded in the audit trail. Each state has a page: docs/runbooks/<state>.md`,
  );

program
  .command('show')
  .description('positions, states and reasons')
  .argument('[topic]', 'only this machine topic', machineTopic)
  .option('--json', 'as JSON')
  .action(async (stream: Stream | undefined, options: { json?: boolean }) => {
    const topic = stream?.source;
    const { positions, ingest } = await withDatabase(async (database) => ({
      positions: await loadPositions(database, topic),
      ingest: (await loadIngestPartitions(database)).filter((row) => topic === undefined || row.topic === topic),
    }));
    console.log((options.json ? positionsAsJson : positionsAsText)(positions, ingest));
  });

const moment = (text: string): number => {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isFinite(ms) || !isDay(text.slice(0, 10))) {
    throw new InvalidArgumentError('Expected a time with its zone, such as 2026-01-20T05:00:00Z.');
  }
  return ms;
};

program
  .command('reach')
  .description(
    'before a restore: whether Kafka still has what a database restored to a moment needs; exit 1 if not all of it',
  )
  .argument('<time>', 'the moment, such as 2026-01-20T05:00:00Z', moment)
  .action(async (atMs: number) => {
    const admin = new KafkaAdmin(kafkaConnection(loadConfig(z.object(kafkaVariables)), 'chip-positions'), logger);
    try {
      for (const stream of STREAMS) {
        const { lines, isWhole } = await reachOf(admin, stream, atMs);
        console.log(lines.join('\n'));
        process.exitCode = isWhole ? process.exitCode : 1;
      }
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  });

interface ChangeOptions {
  reason: string;
  by: string;
  yes?: boolean;
  dryRun?: boolean;
}

interface RebaseOptions extends ChangeOptions {
  offset?: number;
  oldClusterLost?: boolean;
}

const changing = (name: string, description: string, ofPartition = true): Command => {
  const command = program
    .command(name)
    .description(description)
    .argument('<topic>', 'machine topic, such as telemetry.samples.v1', machineTopic);
  if (ofPartition) {
    command.argument('<partition>', 'its partition', wholeNumber());
  } else {
    command.argument('<partition>', 'its partition, or "all"', partitionOrAll);
  }
  return command
    .requiredOption('--reason <text>', 'why, for the audit trail', auditText())
    .addOption(byOption())
    .option('--yes', 'do not ask')
    .option('--dry-run', 'only report what would happen');
};

async function change(
  { source: topic, accepted, ingestGroup, writerGroup }: Stream,
  partition: number | 'all',
  options: ChangeOptions,
  plan: (facts: PartitionFacts, ingest: IngestPlans) => Promise<Plan>,
): Promise<void> {
  const connection = kafkaConnection(loadConfig(z.object(kafkaVariables)), 'chip-positions');
  const admin = new KafkaAdmin(connection, logger);
  try {
    await withDatabase(async (database) => {
      const parts = {
        database,
        admin,
        read: (name: string, range: TopicRange) => readTopic(connection, logger, name, range),
        machineTopic: topic,
        acceptedTopic: accepted,
        ingestGroup,
        writerGroup,
      };
      const partitions =
        partition === 'all' ? (await loadPositions(database, topic)).map((row) => row.partition) : [partition];
      if (partitions.length === 0) {
        throw new InputError(`no partition of ${topic} has a position`);
      }
      // Check all before changing the first.
      const made: Plan[] = [];
      const already: AlreadyMadeError[] = [];
      for (const one of partitions) {
        const ingest = new IngestPlans(
          { database, admin },
          { topic, partition: one, by: options.by, reason: options.reason },
        );
        try {
          made.push(await plan(new PartitionFacts(parts, one, options), ingest));
        } catch (error) {
          if (!(error instanceof AlreadyMadeError)) {
            throw error;
          }
          already.push(error);
        }
      }
      if (made.length === 0 && already[0] !== undefined) {
        throw already[0];
      }
      console.log(printable([...already.map(({ line }) => line), ...made.flatMap(({ lines }) => lines)].join('\n')));
      if (options.dryRun) {
        console.log('dry run: nothing was changed');
        return;
      }
      await confirm('Do this?', options.yes ?? false);
      for (const { apply } of made) {
        console.log(await apply());
      }
    });
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

changing('init', 'give a partition its first position (state "uninitialised")')
  .requiredOption('--offset <n>', 'offset of the machine topic to begin at', wholeNumber())
  .option('--accepted-offset <n>', 'offset of the accepted topic to read from (default: its first one)', wholeNumber())
  .action((stream: Stream, partition: number, options: ChangeOptions & { offset: number; acceptedOffset?: number }) =>
    change(stream, partition, options, (facts) => planInit(facts, options.offset, options.acceptedOffset)),
  );

changing('accept-gap', 'skip offsets that no block contains; cannot be undone (state "gap")')
  .requiredOption('--to <n>', 'offset to continue at', wholeNumber())
  .action((stream: Stream, partition: number, options: ChangeOptions & { to: number }) =>
    change(stream, partition, options, (facts) => planAcceptGap(facts, options.to)),
  );

changing('accept-recreated', 'continue with a machine topic that was deleted and recreated (state "recreated")').action(
  (stream: Stream, partition: number, options: ChangeOptions) =>
    change(stream, partition, options, (facts) => planAcceptRecreated(facts)),
);

changing('resume', 'retry a stopped partition once its cause is fixed')
  .option('--skip-block', 'skip the block that cannot be read; its events must return through rewind-ingest')
  .action((stream: Stream, partition: number, options: ChangeOptions & { skipBlock?: boolean }) =>
    change(stream, partition, options, (facts) => planResume(facts, options.skipBlock ?? false)),
  );

changing('skip-batch', 'skip a record batch that ingest can never read (state "undecodable_batch")').action(
  (stream: Stream, partition: number, options: ChangeOptions) =>
    change(stream, partition, options, (_, ingest) => ingest.skipBatch()),
);

changing('resume-ingest', 'let ingest continue with records that it refused (state "records_mostly_refused")')
  .option('--clock-shift <time>', 'how far the clock of the broker was behind, such as 15m or 90s', clockShift)
  .action((stream: Stream, partition: number, options: ChangeOptions & { clockShift?: number }) =>
    change(stream, partition, options, (_, ingest) => ingest.resume(options.clockShift ?? 0)),
  );

changing('rebase', 'continue on another Kafka cluster, once everything on the old one is applied', false)
  .option('--offset <n>', 'first offset there that is not applied yet (default: the end of the topic)', wholeNumber())
  .option(
    '--old-cluster-lost',
    'no mirror has copied it: give up what is not applied, and take all that is there as new',
  )
  .addHelpText(
    'after',
    `
Before: no machine publishes, "show" reports that nothing waits on the old cluster, every ingest and writer is stopped,
the topics exist on the new cluster (npm run topics -- create), and KAFKA_BROKERS leads there. What a mirror has copied of
the machine topic counts as applied. For the order of the whole move, see docs/disaster-recovery.md`,
  )
  .action((stream: Stream, partition: number | 'all', options: RebaseOptions) => {
    const { offset, oldClusterLost: isOldLost = false } = options;
    if (partition === 'all' && offset !== undefined) {
      throw new InputError('--offset is for one partition; each has its own offsets');
    }
    if (isOldLost && offset !== undefined) {
      throw new InputError('--offset is for a mirror; with --old-cluster-lost there is none');
    }
    return change(stream, partition, options, (facts) => planRebase(facts, offset, { isOldLost }));
  });

changing(
  'rewind-ingest',
  'make ingest read a part of the machine topic again, for example after blocks were lost',
  false,
)
  .option(
    '--to <n>',
    'offset of the machine topic to read again from (default: the position, as after a restore)',
    wholeNumber(),
  )
  .addHelpText(
    'after',
    `
Kafka sets the offsets of a group only while it has no members: stop every ingest first, run this, start ingest again.
The writer skips what is already applied, and applies what was lost.`,
  )
  .action((stream: Stream, partition: number | 'all', options: ChangeOptions & { to?: number }) => {
    if (partition === 'all' && options.to !== undefined) {
      throw new InputError('--to is for one partition; each has its own offsets');
    }
    return change(stream, partition, options, (facts) => planRewindIngest(facts, options.to));
  });

await runCommand(program);
