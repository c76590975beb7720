import { EARLIEST_TIME_US, INSPECTION, MAX_SAMPLES_PER_RECORD, TELEMETRY } from '@chip/contracts';
import { kafkaConnection, KafkaProducer, kafkaVariables } from '@chip/kafka';
import {
  AppError,
  ConfigError,
  createLogger,
  loadConfig,
  serviceSchema,
  withDeadline,
  type Logger,
} from '@chip/service';
import { endOnSignals, wholeNumber } from '@chip/service/command';
import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { parseDecimal } from './decimal.ts';
import { exitWhenWritten } from './exit-when-written.ts';
import { Publisher, type Totals } from './publisher.ts';
import { type Pattern, PATTERNS, ROUTE } from './fab/catalogue.ts';
import { lengthOfHistory, simulate, type Simulation } from './fab/simulate.ts';

/** The synthetic fab as a process: publishes until stopped, then reports exactly what was acknowledged. */

const PROGRESS_EVERY_MS = 10_000;
const DISCONNECT_MS = 1_000;

function numberOption(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = parseDecimal(text);
    if (value === undefined || value < least || value > most) {
      throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`);
    }
    return value;
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

function durationMs(text: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text) ?? [];
  const milliseconds = Number(amount) * (UNIT_MS[unit] ?? 1000);
  if (!(milliseconds > 0)) {
    throw new InvalidArgumentError('Expected a time such as 30s, 10m or 2h.');
  }
  return milliseconds;
}

function stepNames(text: string): readonly string[] {
  const known = ROUTE.map(({ name }) => name);
  const names = text.split(',');
  if (!names.every((name) => known.includes(name))) {
    throw new InvalidArgumentError(`Expected some of ${known.join(',')}.`);
  }
  return names;
}

function patternNames(text: string): readonly Pattern[] {
  return text.split(',').map((name) => {
    const pattern = PATTERNS.find((known) => known === name);
    if (pattern === undefined) {
      throw new InvalidArgumentError(`Expected some of ${PATTERNS.join(',')}.`);
    }
    return pattern;
  });
}

const command = new Command('simulator')
  .description(
    'A synthetic fab that publishes chip inspections and equipment telemetry to Kafka (KAFKA_BROKERS) until it is ' +
      'stopped. The same seed makes the same fab; every run makes its own lots.',
  )
  .addOption(new Option('--seed <text>', 'seed of the fab').env('SIMULATOR_SEED').default('fab'))
  .addOption(
    new Option('--rate <n>', 'telemetry samples per second; 0 for none')
      .env('SIMULATOR_RATE')
      .argParser(numberOption(0, 1e6))
      .default(500),
  )
  .addOption(
    new Option('--inspection-rate <n>', 'inspection events per second; 0 for none')
      .env('SIMULATOR_INSPECTION_RATE')
      .argParser(numberOption(0, 1e5))
      .default(100),
  )
  .addOption(
    new Option('--lots <n>', 'end after this many whole lots').env('SIMULATOR_LOTS').argParser(wholeNumber(1, 1e6)),
  )
  .addOption(
    new Option('--steps <names>', 'publish inspections of these steps only, separated by commas')
      .env('SIMULATOR_STEPS')
      .argParser(stepNames),
  )
  .addOption(
    new Option('--patterns <names>', 'patterns of failing dice of the first lots, one each, such as ring,scratch')
      .env('SIMULATOR_PATTERNS')
      .argParser(patternNames),
  )
  .addOption(
    new Option('--duration <time>', 'end after this time: 30s, 10m, 2h')
      .env('SIMULATOR_DURATION')
      .argParser(durationMs),
  )
  .addOption(
    new Option('--array-size <n>', 'samples per telemetry record; 1 sends single objects')
      .env('SIMULATOR_ARRAY_SIZE')
      .argParser(wholeNumber(1, MAX_SAMPLES_PER_RECORD))
      .default(50),
  )
  .addOption(
    new Option(
      '--once',
      'ignore the clock: publish a history of --lots (default 1) or --duration that ends now, then end',
    ).env('SIMULATOR_ONCE'),
  )
  .addOption(new Option('--telemetry-topic <name>', 'topic of the samples').default(TELEMETRY.source))
  .addOption(new Option('--inspection-topic <name>', 'topic of the inspections').default(INSPECTION.source))
  .addHelpText('after', '\nTelemetry is sent at least once: records of a repeated request may exist twice.')
  .parse();

const options = command.opts<{
  seed: string;
  rate: number;
  inspectionRate: number;
  lots?: number;
  steps?: readonly string[];
  patterns?: readonly Pattern[];
  duration?: number;
  arraySize: number;
  once?: boolean;
  telemetryTopic: string;
  inspectionTopic: string;
}>();
if (options.rate === 0 && options.inspectionRate === 0) {
  command.error('error: --rate and --inspection-rate are both 0, there is nothing to publish');
}
if (options.lots !== undefined && options.inspectionRate === 0) {
  command.error('error: --lots needs an --inspection-rate above 0');
}
// A variable that says off means off; commander treats its mere presence as a switch.
const ONCE =
  options.once === true &&
  !(command.getOptionValueSource('once') === 'env' && /^(off|false|0|no|)$/i.test(process.env['SIMULATOR_ONCE'] ?? ''));
const HISTORY_MS = lengthOfHistory({
  inspectionsPerSecond: options.inspectionRate,
  ...(options.lots === undefined ? {} : { lots: options.lots }),
  ...(options.duration === undefined ? {} : { durationMs: options.duration }),
});
if (ONCE && Date.now() - HISTORY_MS < EARLIEST_TIME_US / 1000) {
  command.error(
    'error: the history would begin before 2000, where events are refused: shorten --duration, lower --lots or raise --inspection-rate',
  );
}

async function main(): Promise<number> {
  const config = loadConfig(z.object({ LOG_LEVEL: serviceSchema.shape.LOG_LEVEL, ...kafkaVariables }));
  const { logger, flush } = createLogger({ name: 'simulator', level: config.LOG_LEVEL });
  const stop = endOnSignals((signal) => logger.info({ signal }, 'simulator_stopping'), 1);

  const producer = new KafkaProducer(kafkaConnection(config, 'chip-simulator'), logger);
  const publisher = new Publisher(producer, {
    budgetMs: Infinity,
    signal: stop,
    onOutage: (error) => logger.warn({ code: error.code, reason: error.message }, 'kafka_unavailable_retrying'),
    onRecovery: (outageMs) => logger.info({ outageSeconds: Math.round(outageMs / 1000) }, 'kafka_available_again'),
  });
  const simulation = simulate(
    {
      seed: options.seed,
      samplesPerSecond: options.rate,
      inspectionsPerSecond: options.inspectionRate,
      ...(options.lots === undefined ? {} : { lots: options.lots }),
      ...(options.steps === undefined ? {} : { steps: options.steps }),
      ...(options.patterns === undefined ? {} : { patterns: options.patterns }),
      ...(options.duration === undefined ? {} : { durationMs: options.duration }),
      arraySize: options.arraySize,
      once: ONCE,
      topics: { telemetry: options.telemetryTopic, inspection: options.inspectionTopic },
    },
    publisher,
    stop,
  );
  logger.info({ seed: options.seed, rate: options.rate, inspectionRate: options.inspectionRate }, 'simulator_started');
  const progress = setInterval(
    () =>
      logger.info(
        { ...figures(publisher.totals, simulation), lagMs: Math.round(simulation.lagMs) },
        'simulator_progress',
      ),
    PROGRESS_EVERY_MS,
  );

  let exitCode = 0;
  try {
    await simulation.done;
  } catch (error) {
    logger.fatal({ err: error, ...(error instanceof AppError ? { code: error.code } : {}) }, 'simulator_failed');
    exitCode = 1;
  }
  clearInterval(progress);
  await report(publisher.totals, simulation, logger, flush);
  await withDeadline(producer.disconnect(), DISCONNECT_MS, 'disconnect').catch(() => {
    // The brokers are down; everything known about the events is already printed.
  });
  return exitCode;
}

const figures = (totals: Totals, { finishedLots }: Simulation) => ({
  events: totals.samples + totals.inspections,
  samples: totals.samples,
  inspections: totals.inspections,
  measurements: totals.measurements,
  defects: totals.defects,
  finishedLots,
  repeatedRecords: totals.repeatedRecords,
});

async function report(
  totals: Totals,
  simulation: Simulation,
  logger: Logger,
  flush: (timeoutMs: number) => Promise<void>,
): Promise<void> {
  const counts = figures(totals, simulation);
  if (!process.stdout.isTTY) {
    logger.info({ ...counts, records: totals.records }, 'simulator_totals');
    await flush(500);
    return;
  }
  await flush(500);
  const line = (name: string, value: number): string =>
    `  ${name.padEnd(34)}${value.toLocaleString('en-US').padStart(15)}`;
  console.log(
    [
      'Acknowledged by Kafka:',
      line('events', counts.events),
      line('  telemetry samples', counts.samples),
      line('  inspection events', counts.inspections),
      line('    with measurements', counts.measurements),
      line('    with defects', counts.defects),
      ...Object.entries(totals.records).map(([topic, records]) => line(`records in ${topic}`, records)),
      line('whole lots', counts.finishedLots),
      line('records that may exist twice', counts.repeatedRecords),
    ].join('\n'),
  );
}

try {
  await exitWhenWritten(await main());
} catch (error) {
  if (!(error instanceof ConfigError)) {
    throw error;
  }
  for (const { name, reason } of error.problems) {
    console.error(`${name} ${reason}`);
  }
  process.exitCode = 1;
}
