import { INSPECTION, MAX_SAMPLES_PER_RECORD, TELEMETRY } from '@chip/contracts';
import { KafkaAdmin, kafkaConnection, KafkaProducer, kafkaVariables, type KafkaConnection } from '@chip/kafka';
import { AppError, createLogger, InputError, loadConfig, withDeadline, type Logger } from '@chip/service';
import { endOnSignals, here, wholeNumber } from '@chip/service/command';
import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { readCsvMap, type CsvOptionTexts } from './replay/csv/options.ts';
import { exitWhenWritten } from './exit-when-written.ts';
import { checkWaitable, type PipelineOptions, waitForPipeline } from './replay/pipeline-position.ts';
import { ProgressLine } from './replay/progress-line.ts';
import { Publisher, type Totals } from './publisher.ts';
import { nextQueries } from './replay/hint.ts';
import { openCsv, readMapFile } from './replay/csv/source.ts';
import { openSecom } from './replay/secom/source.ts';
import type { ReplaySource } from './replay/source.ts';
import { runReplay, type ReplayCounts } from './replay/run.ts';
import { SECOM_LABELS_FILE, SECOM_SENSORS_FILE } from './replay/secom/secom.ts';
import { TIME_FORMATS_HELP } from './replay/time-format.ts';

/** `npm run replay -- <format> <path>`: publishes a real data set to the machine topics. */

/** A longer outage of the brokers ends the replay. */
const OUTAGE_BUDGET_MS = 120_000;
const INTERRUPTED = 130;

interface CommonOptions {
  dryRun?: boolean;
  publishTo?: string;
  wait?: boolean;
  waitTimeout: number;
}
interface CsvOptions extends CommonOptions, CsvOptionTexts {
  mapFile?: string;
  delimiter: string;
  skipBad?: boolean;
  arraySize: number;
  maxProblems: number;
}

const gather = (text: string, before: string[] = []): string[] => [...before, text];
const character = (text: string): string => {
  const one = text === '\\t' ? '\t' : text;
  if (one.length !== 1 || one === '"' || one === '\n') {
    throw new InvalidArgumentError('Expected one character, or \\t.');
  }
  return one;
};

const progress = new ProgressLine(process.stderr);
const stop = endOnSignals(() => progress.print('stopping'), INTERRUPTED);

const command = new Command('replay')
  .description('Publishes a real data set to the machine topics of Kafka (KAFKA_BROKERS).')
  .addHelpText(
    'after',
    '\nThe records of a replayed inspection carry fixed event ids: replaying again does not change any count.\n' +
      'Telemetry has no ids: replaying it again adds its samples again.',
  );

const common = (sub: Command): Command =>
  sub
    .option('--dry-run', 'read and check everything, print counts and the first 3 events, publish nothing')
    .option('--publish-to <topic>', "publish to this topic instead of the contract's")
    .option('--wait', 'wait until the pipeline (QUERY_URL, and QUERY_KEY if it asks for one) has stored everything')
    .addOption(
      new Option('--wait-timeout <seconds>', 'give up waiting after this time')
        .argParser(wholeNumber(1, 86_400))
        .default(300),
    );

common(
  command
    .command('secom')
    .argument('<folder>', `folder with ${SECOM_LABELS_FILE} and ${SECOM_SENSORS_FILE}`)
    .description('The SECOM data set: every run becomes a metrology inspection with all its sensors.'),
).action(async (folder: string, options: CommonOptions) => {
  process.exitCode = await replay(() => openSecom(here(folder)), {
    ...options,
    arraySize: 1,
    maxProblems: 0,
  });
});

common(
  command
    .command('csv')
    .argument('<file>', 'CSV file with a header line, plain or gzip')
    .description('Any CSV file: every row becomes a telemetry sample or an inspection event.')
    .option(
      '--map <field=column,...>',
      'which column fills a field; columns with the name of a field map themselves; repeatable',
      gather,
    )
    .option(
      '--map-file <json>',
      'the same and more from a file: {topic, map, const, values, time_format, measurements}',
    )
    .addOption(
      new Option('--topic <name>', 'default: inspections if there is a lot_id, otherwise telemetry').choices([
        TELEMETRY.source,
        INSPECTION.source,
      ]),
    )
    .option('--const <field=value>', 'the same value in every row; repeatable', gather)
    .option('--values <field:text=value,...>', 'translate texts, for example result:P=pass,F=fail; repeatable', gather)
    .option(
      '--measurement <name=column:unit>',
      'a measurement of the inspection, or a separate sample for telemetry; repeatable',
      gather,
    )
    .option('--time-format <format>', TIME_FORMATS_HELP)
    .addOption(new Option('--delimiter <character>', 'between cells; \\t for tab').argParser(character).default(','))
    .option('--skip-bad', 'exit with 0 even if rows were refused')
    .addOption(
      new Option('--array-size <n>', 'samples per telemetry record')
        .argParser(wholeNumber(1, MAX_SAMPLES_PER_RECORD))
        .default(200),
    )
    .addOption(
      new Option('--max-problems <n>', 'name this many refused rows; all are counted')
        .argParser(wholeNumber(0, 1e9))
        .default(100),
    ),
).action(async (file: string, options: CsvOptions) => {
  const open = async (): Promise<ReplaySource> => {
    const mapFile = options.mapFile === undefined ? undefined : await readMapFile(here(options.mapFile));
    return openCsv(here(file), options.delimiter, readCsvMap(options, mapFile));
  };
  process.exitCode = await replay(open, options);
});

command.on('command:*', ([format]: string[]) => {
  const known = command.commands.map((sub) => sub.name()).join(', ');
  command.error(`error: unknown format "${format ?? ''}"; known formats: ${known}`, { exitCode: 2 });
});

await command.parseAsync();
// A broker client that did not close in time must not keep a finished command alive.
await exitWhenWritten(Number(process.exitCode ?? 0));

async function replay(
  open: () => Promise<ReplaySource>,
  options: CommonOptions & { arraySize: number; maxProblems: number; skipBad?: boolean },
): Promise<number> {
  const counts: ReplayCounts = { read: 0, published: 0, skipped: 0, samples: [] };
  let publisher: Publisher | undefined;
  let isCounted = false;
  try {
    const source = await open();
    for (const note of source.notes) {
      progress.print(note);
    }
    const topic = options.publishTo ?? source.topic;
    if (options.dryRun === true) {
      await runReplay(source, undefined, { ...options, topic, signal: stop }, counts, progress);
      progress.end();
      for (const event of counts.samples) {
        console.log(JSON.stringify(event, shortened, 2));
      }
    } else {
      const config = loadConfig(z.object(kafkaVariables));
      // Before the first event: telemetry that is replayed again counts again.
      const service = options.wait === true ? queryService() : undefined;
      const doubt = service && (await checkWaitable({ ...service, topic, signal: stop }));
      if (doubt !== undefined) {
        progress.print(`--wait: cannot check the pipeline yet, publishing anyway: ${doubt}`);
      }
      const connection = kafkaConnection(config, 'chip-replay');
      // Messages of the Kafka client are printed here, once, in words.
      const { logger } = createLogger({ name: 'replay', level: 'silent' });
      const producer = new KafkaProducer(connection, logger);
      publisher = newPublisher(producer);
      await runReplay(source, publisher, { ...options, topic, signal: stop }, counts, progress);
      await withDeadline(producer.disconnect(), 2_000, 'disconnect').catch(() => undefined);
      progress.end();
      printCounts(counts, publisher.totals);
      isCounted = true;
      if (service && !(await waitUntilStored(connection, service, logger, topic, options.waitTimeout))) {
        return 1;
      }
      printHint(nextQueries(process.env, source.topic, counts.samples));
      return counts.skipped > 0 && options.skipBad !== true ? 1 : 0;
    }
    printCounts(counts, undefined);
    return counts.skipped > 0 && options.skipBad !== true ? 1 : 0;
  } catch (error) {
    progress.end();
    if (counts.read > 0 && !isCounted) {
      printCounts(counts, publisher?.totals);
    }
    if (stop.aborted) {
      return INTERRUPTED;
    }
    if (!(error instanceof AppError)) {
      throw error;
    }
    console.error(error instanceof InputError ? error.message : `${error.message} (${error.code})`);
    return 1;
  }
}

/** A few entries represent the hundreds that an event may have. */
function shortened(_: string, value: unknown): unknown {
  return Array.isArray(value) && value.length > 5 ? [...value.slice(0, 3), `... ${value.length - 3} more`] : value;
}

function newPublisher(producer: KafkaProducer): Publisher {
  return new Publisher(producer, {
    budgetMs: OUTAGE_BUDGET_MS,
    signal: stop,
    onOutage: (error) => progress.print(`Kafka does not accept the events, retrying: ${error.message} (${error.code})`),
    onRecovery: (outageMs) => progress.print(`Kafka accepts events again after ${Math.round(outageMs / 1000)} s`),
  });
}

function printCounts(counts: ReplayCounts, totals: Totals | undefined): void {
  const line = (name: string, value: number): string =>
    `  ${name.padEnd(32)}${value.toLocaleString('en-US').padStart(15)}`;
  const lines = [line('records read', counts.read), line('skipped (refused here)', counts.skipped)];
  if (totals !== undefined) {
    lines.push(line('events published', counts.published));
    lines.push(line('events acknowledged by Kafka', totals.samples + totals.inspections));
    if (totals.measurements > 0) {
      lines.push(line('  with measurements', totals.measurements));
    }
    if (totals.defects > 0) {
      lines.push(line('  with defects', totals.defects));
    }
    if (totals.repeatedRecords > 0) {
      lines.push(line('records that may exist twice', totals.repeatedRecords));
    }
  }
  console.log(lines.join('\n'));
}

function printHint(lines: readonly string[]): void {
  if (lines.length > 0) {
    console.log(['Next, for example:', ...lines.map((line) => `  ${line}`)].join('\n'));
  }
}

type QueryService = Pick<PipelineOptions, 'queryUrl' | 'key'>;

function queryService(): QueryService {
  const { QUERY_URL: queryUrl, QUERY_KEY: key } = loadConfig(
    z.object({ QUERY_URL: z.string().optional(), QUERY_KEY: z.string().optional() }),
  );
  if (queryUrl === undefined) {
    throw new InputError('--wait needs QUERY_URL, the address of the query service');
  }
  return { queryUrl, key };
}

async function waitUntilStored(
  connection: KafkaConnection,
  service: QueryService,
  logger: Logger,
  topic: string,
  timeoutSeconds: number,
): Promise<boolean> {
  const admin = new KafkaAdmin(connection, logger);
  const ranges = await admin.topicOffsets(topic);
  await withDeadline(admin.disconnect(), 2_000, 'disconnect').catch(() => undefined);
  const ends = new Map(
    [...ranges].filter(([, { low, high }]) => high > low).map(([partition, { high }]) => [partition, high]),
  );
  let most = 0;
  const result = await waitForPipeline({
    ...service,
    topic,
    ends,
    timeoutMs: timeoutSeconds * 1000,
    signal: stop,
    onLook: (missing) => {
      most = Math.max(most, missing);
      progress.show(1 - missing / most, `waiting for the pipeline: ${missing.toLocaleString('en-US')} records to go`);
    },
  });
  progress.end();
  console.log(result.isThere ? '  stored by the pipeline' : `  not stored after ${timeoutSeconds} s: ${result.reason}`);
  return result.isThere;
}
