import { readFile } from 'node:fs/promises';
import { deadLetterTopic } from '@chip/contracts';
import {
  KafkaProducer,
  kafkaConnection,
  kafkaVariables,
  readTopic,
  TopicMissingError,
  type TopicRange,
} from '@chip/kafka';
import {
  DeadLetterReplay,
  isJsonObject,
  judgeOf,
  type Letter,
  type LetterFilter,
  lettersOf,
  type Passed,
  readExactly,
  type ReplayOutcome,
} from '@chip/letters';
import { Database, readTelemetryRetention, replayMarks, schemaReady } from '@chip/persistence';
import { AppError, createLogger, loadConfig, InputError } from '@chip/service';
import { endOnSignals, here, wholeNumber } from '@chip/service/command';
import { Command } from 'commander';
import { z } from 'zod';
import { byOption, environmentVariable, optionalVariable, reasonOption, runCommand } from './command.ts';
import { confirm } from './confirm.ts';
import { list, machineTopic, numbers, offsetRange, time } from './dead-letters/arguments.ts';
import { LetterCounts } from './dead-letters/counts.ts';
import { formatCounts, formatLetter, letterAsJson } from './dead-letters/format.ts';
import { printable } from './printable.ts';

const { logger } = createLogger({ name: 'dlq', level: 'silent' });
const connection = () => kafkaConnection(loadConfig(z.object(kafkaVariables)), 'chip-dlq');
const openDatabase = (): Database =>
  new Database({ url: environmentVariable('DATABASE_URL'), applicationName: 'chip-dlq', max: 2 });

interface FilterOptions {
  code?: string[];
  stage?: string[];
  key?: string[];
  from?: number;
  to?: number;
  partition?: number[];
  offsetRange?: { from: number; to: number };
}

const withFilters = (command: Command): Command =>
  command
    .argument('<topic>', 'machine topic, such as telemetry.samples.v1', machineTopic)
    .option('--code <codes>', 'refusal codes, separated by commas', list)
    .option('--stage <stages>', 'ingest, writer', list)
    .option('--key <keys>', 'single letters by key (<topic>/<partition>/<offset>[/<index>]), separated by commas', list)
    .option('--from <time>', 'refused at or after', time)
    .option('--to <time>', 'refused before', time)
    .option('--partition <numbers>', 'partitions of the machine topic', numbers)
    .option('--offset-range <first-last>', 'offsets of the machine topic, both inclusive', offsetRange);

/** @throws InputError when the range of time is empty */
function filterOf({ code, stage, key, from, to, partition, offsetRange: offsets }: FilterOptions): LetterFilter {
  if (from !== undefined && to !== undefined && from >= to) {
    throw new InputError('--to must be after --from');
  }
  return {
    ...(code === undefined ? {} : { codes: code }),
    ...(stage === undefined ? {} : { stages: stage }),
    ...(key === undefined ? {} : { keys: key }),
    ...(from === undefined ? {} : { fromMs: from }),
    ...(to === undefined ? {} : { toMs: to }),
    ...(partition === undefined ? {} : { partitions: partition }),
    ...(offsets === undefined ? {} : { offsets }),
  };
}

async function* read(
  topic: string,
  options: FilterOptions,
  range: TopicRange = {},
): AsyncGenerator<{ letter: Letter; isRepeat: boolean }> {
  const name = deadLetterTopic(topic);
  try {
    yield* lettersOf(readTopic(connection(), logger, name, range), filterOf(options));
  } catch (error) {
    if (error instanceof TopicMissingError) {
      throw new InputError(`there is no topic ${name}; "npm run topics -- check" lists the topics that exist`, {
        cause: error,
      });
    }
    throw error;
  }
}

const program = new Command('dlq')
  .description(
    'Dead letters: events that were refused. List them, fix the cause, publish them again.\nReads KAFKA_BROKERS, and DATABASE_URL to know what was replayed.',
  )
  .addHelpText(
    'after',
    `
Examples:
  npm run dlq -- list telemetry.samples.v1
  npm run dlq -- show inspection.results.v1 --code unknown_inspection_type --limit 3
  npm run dlq -- replay inspection.results.v1 --code unknown_inspection_type --dry-run
  npm run dlq -- replay telemetry.samples.v1 --code schema_violation --patch '{"service_name":"etcher"}' --reason 'name was missing'`,
  );

/** Marks are read for this many letters at a time. */
const MARKS_AT_ONCE = 1000;

withFilters(program.command('list'))
  .description('count them by code and stage: how many, since when, the most frequent details and origins')
  .option('--limit <n>', 'count at most this many letters', wholeNumber(1))
  .option('--json', 'as one JSON object')
  .action(async (topic: string, options: FilterOptions & { limit?: number; json?: boolean }) => {
    const database = optionalVariable('DATABASE_URL') ? openDatabase() : undefined;
    let knowsReplays = database !== undefined;
    const counts = new LetterCounts();
    let waiting: Letter[] = [];
    const count = async (): Promise<void> => {
      const keys = waiting.map(({ key }) => key);
      const marks = knowsReplays
        ? await replayMarks(database as Database, keys).catch((error: unknown) => {
            if (!(error instanceof AppError)) {
              throw error;
            }
            console.error(`cannot tell which letters were replayed (${error.code}: ${error.message})`);
            knowsReplays = false;
            return undefined;
          })
        : undefined;
      for (const letter of waiting) {
        counts.add(letter, marks?.get(letter.key)?.state);
      }
      waiting = [];
    };
    try {
      let left = options.limit ?? Infinity;
      for await (const { letter, isRepeat } of read(topic, options)) {
        if (isRepeat) {
          counts.addRepeat(letter);
          continue;
        }
        waiting.push(letter);
        if (waiting.length === MARKS_AT_ONCE) {
          await count();
        }
        if (--left === 0) {
          break;
        }
      }
      await count();
    } finally {
      await database?.close();
    }
    const result = counts.result(knowsReplays);
    const name = deadLetterTopic(topic);
    const isFiltered = Object.keys(filterOf(options)).length > 0;
    console.log(
      options.json ? JSON.stringify({ topic: name, causes: result }, null, 2) : formatCounts(name, result, isFiltered),
    );
  });

const SHOWN_LETTERS = 10;

withFilters(program.command('show'))
  .description('print letters with their headers and values; binary values as a hex dump')
  .option('--limit <n>', `at most this many (default ${SHOWN_LETTERS})`, wholeNumber(1))
  .option('--full', 'print long values whole')
  .option('--json', 'one JSON object per line; binary values as base64')
  .action(async (topic: string, options: FilterOptions & { limit?: number; full?: boolean; json?: boolean }) => {
    let shown = 0;
    for await (const { letter, isRepeat } of read(topic, options)) {
      if (isRepeat) {
        continue;
      }
      console.log(
        options.json
          ? JSON.stringify(letterAsJson(letter))
          : `${shown > 0 ? '\n' : ''}${formatLetter(letter, options.full ?? false)}`,
      );
      if (++shown === (options.limit ?? SHOWN_LETTERS)) {
        break;
      }
    }
    if (shown === 0 && !options.json) {
      console.log('no such letter');
    }
  });

const INTERRUPTED = 130;

interface ReplayCommandOptions extends FilterOptions {
  patch?: string;
  again?: boolean;
  dryRun?: boolean;
  limit?: number;
  reason: string;
  by: string;
  yes?: boolean;
}

withFilters(program.command('replay'))
  .description(
    'publish the events again to their machine topic, with the bytes, key and headers that the machine sent; skips letters that were replayed before',
  )
  .option('--patch <patch>', 'JSON merge patch (RFC 7396) for every event: an object, or a file that contains one')
  .option('--dry-run', 'only report what would be published, and which of it ingest would refuse again')
  .option('--again', 'include letters that were replayed before, or whose replay was interrupted')
  .option('--limit <n>', 'publish at most this many', wholeNumber(1))
  .addOption(reasonOption('replay of dead letters'))
  .addOption(byOption())
  .option('--yes', 'do not ask')
  .addHelpText(
    'after',
    `
A replayed event carries the headers replay-of and replay-count. If it is refused again, its new letter has them too.
Each replay is marked in the audit trail before it is published. After a crash the letters in between are uncertain:
the next run names and skips them. Check whether their events arrived; if not: --again --key <key>.`,
  )
  .action(async (topic: string, options: ReplayCommandOptions) => {
    const patch = options.patch === undefined ? undefined : await readPatch(options.patch);
    const isDryRun = options.dryRun ?? false;
    // Without a terminal the replay proceeds: it destroys nothing, and a second one does nothing.
    if (!isDryRun && process.stdin.isTTY && process.stdout.isTTY) {
      await confirm(`Publish dead letters of ${topic} again?`, options.yes ?? false);
    }
    const signal = endOnSignals(
      () => console.error('stopping after the letters that are being published'),
      INTERRUPTED,
    );
    const database = openDatabase();
    const producer = new KafkaProducer(connection(), logger);
    let replay: DeadLetterReplay | undefined;
    try {
      await schemaReady(database);
      const judge = isDryRun ? judgeOf(topic, await readTelemetryRetention(database)) : undefined;
      replay = new DeadLetterReplay(topic, database, producer, {
        isDryRun,
        again: options.again ?? false,
        by: options.by,
        reason: options.reason,
        signal,
        ...(patch === undefined ? {} : { patch }),
        ...(judge === undefined ? {} : { judge }),
        ...(options.limit === undefined ? {} : { limit: options.limit }),
      });
      await replay.run(read(topic, options, { signal }));
    } catch (error) {
      if (error !== signal.reason) {
        throw error;
      }
    } finally {
      if (replay !== undefined) {
        console.log(formatOutcome(topic, replay.outcome, isDryRun, patch !== undefined));
      }
      if (signal.aborted) {
        process.exitCode = INTERRUPTED;
      }
      await producer.disconnect().catch(() => undefined);
      await database.close();
    }
  });

async function readPatch(given: string): Promise<Record<string, unknown>> {
  const isInline = given.trimStart().startsWith('{');
  const text = isInline
    ? given
    : await readFile(here(given), 'utf8').catch((error: unknown) => {
        throw new InputError(`--patch: the file ${given} cannot be read (${(error as NodeJS.ErrnoException).code})`, {
          cause: error,
        });
      });
  try {
    const patch = readExactly(text);
    if (isJsonObject(patch)) {
      return patch;
    }
  } catch (error) {
    throw new InputError(`--patch: not valid JSON: ${(error as Error).message}`, { cause: error });
  }
  throw new InputError('--patch: expected a JSON object, such as \'{"service_name":"etcher"}\'');
}

const PASSED_TEXT: Readonly<Record<Passed, string>> = {
  replayed: 'replayed before (--again repeats them)',
  uncertain:
    'uncertain: a replay was interrupted between its mark and its acknowledgement, so they may or may not have been published',
  truncated: 'truncated: the letter holds only a part of the event; the machine must send it again',
  not_patchable: 'not patchable: the event is not a JSON object',
  too_large: 'too large for the machine topic with the headers of a replay; the machine must send it again',
  no_letter: 'not dead letters: another program wrote them to this topic',
};

function formatOutcome(topic: string, outcome: ReplayOutcome, isDryRun: boolean, isPatched: boolean): string {
  const codes = [...outcome.byCode].map(([code, letters]) => `${letters} ${code}`).join(', ');
  const lines = [
    `${isDryRun ? 'would be published' : 'published'} again to ${topic}: ${outcome.published}${codes === '' ? '' : ` (${codes})`}`,
  ];
  for (const [code, letters] of outcome.refusedAgain) {
    lines.push(`of these, ${letters} would be refused again: ${code}`);
  }
  for (const [why, letters] of outcome.passed) {
    lines.push(`skipped: ${letters} ${PASSED_TEXT[why]}`);
  }
  for (const key of outcome.uncertainKeys) {
    lines.push(`  uncertain: ${key}`);
  }
  const uncertain = outcome.passed.get('uncertain') ?? 0;
  if (uncertain > outcome.uncertainKeys.length) {
    lines.push(`  and ${uncertain - outcome.uncertainKeys.length} more (all: npm run dlq -- list)`);
  }
  if (isDryRun && isPatched && outcome.example !== undefined) {
    lines.push(`the first one (${outcome.example.key}) would be: ${outcome.example.value}`);
  }
  // Anyone may write keys and codes to the topic.
  return printable(lines.join('\n'));
}

await runCommand(program);
