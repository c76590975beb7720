/** `npm run bench`: the pipeline side by side with raw COPY, on its own servers (see usage.mjs). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkDiskSpace, GIBIBYTE, SPACE_FOR_SERVERS } from '../devstack/servers/disk-space.ts';
import { LOCAL_FOLDER, stackFolder } from '../devstack/layout.ts';
import { release, soleOwner } from '../devstack/commands/one-at-a-time.ts';
import { forgetGivenServers } from '../devstack/servers/given-servers.ts';
import { runMain } from '../devstack/processes/run-main.ts';
import { reportTo } from '../devstack/terminal/progress.ts';
import { BenchSystem, type BenchOptions, type CaseDatabase } from './bench-system.ts';
import { inspectionBacklog, telemetryBacklog, type Backlog } from './machine-data.ts';
import { measureLoad } from './measured-load.ts';
import { readOptions, type Kind, type Options } from './options.ts';
import { preload } from './preload.ts';
import { measureQueries, type LatencyResult } from './query-latency.ts';
import { measureRawCopy } from './raw-copy.ts';
import { formatReport, type CaseResult, type Round, type Setting } from './report.ts';
import { measureAims } from './serving/aims.ts';
import { formatAims, formatClients, formatStorm } from './serving/serving-report.ts';
import { measureClients } from './serving/clients.ts';
import { measureStorm } from './serving/storm.ts';

const SCRIPT = fileURLToPath(import.meta.url);
const report = reportTo((line) => console.error(line));

interface Case {
  readonly kind: Kind;
  readonly name: string;
  readonly backlog: (rows: number, nowMs: number) => Backlog;
  readonly questions: (nowMs: number) => Readonly<Record<string, string>>;
  /** Units in the database before the load. */
  readonly preloaded?: number;
}

const HOUR_MS = 3_600_000;
const range = (nowMs: number, backMs: number): string =>
  `from=${new Date(nowMs - backMs).toISOString()}&to=${new Date(nowMs + HOUR_MS).toISOString()}`;

const CASES: readonly Case[] = [
  {
    kind: 'telemetry',
    name: 'telemetry, one sample per record',
    backlog: (rows, nowMs) => telemetryBacklog(rows, 1, nowMs),
    questions: (nowMs) => ({
      'telemetry summary, 24 h': `/v1/telemetry/summary?metric_name=rf_forward_power_w&${range(nowMs, 24 * HOUR_MS)}`,
      'telemetry series of one host, 1 h': `/v1/telemetry/series?metric_name=rf_forward_power_w&host=tool-007.fab1&${range(nowMs, HOUR_MS)}`,
    }),
  },
  {
    kind: 'telemetry',
    name: 'telemetry, 100 samples per record',
    backlog: (rows, nowMs) => telemetryBacklog(rows, 100, nowMs),
    questions: () => ({}),
  },
  {
    kind: 'inspections',
    name: 'inspections, 444 measurements each',
    backlog: (rows, nowMs) => inspectionBacklog(Math.ceil(rows / 500), 444, nowMs),
    questions: () => ({}),
  },
  {
    kind: 'inspections',
    name: 'inspections, 10 measurements each',
    backlog: (rows, nowMs) => inspectionBacklog(Math.ceil(rows / 20), 10, nowMs),
    questions: (nowMs) => ({
      'yield by equipment, 30 d': `/v1/yield?group_by=equipment&${range(nowMs, 30 * 24 * HOUR_MS)}`,
      'yield by day, 1 d': `/v1/yield?group_by=day&${range(nowMs, 24 * HOUR_MS)}`,
      'list, newest 50': '/v1/inspections?limit=50',
      'list, failed of one equipment': '/v1/inspections?limit=50&result=fail&equipment_id=tester-3',
      'one lot': '/v1/lots/L00000',
    }),
  },
];

/** The last case again, in a database that holds `units` before. */
const beside = (units: number): Case => {
  const small = CASES.at(-1) as Case;
  return {
    ...small,
    name: `${small.name}, beside ${units.toLocaleString('en-US')} units`,
    questions: () => ({}),
    preloaded: units,
  };
};

async function runRound(
  system: BenchSystem,
  { name, backlog: backlogOf, questions, preloaded }: Case,
  { rows, requests }: Options,
  signal: AbortSignal,
): Promise<{ round: Round; queries: LatencyResult[] }> {
  const nowMs = Date.now();
  const backlog = backlogOf(rows, nowMs);
  report('bench', `${name}: publishing ${backlog.records.toLocaleString('en-US')} records`);
  await system.freshTopics();
  await system.publish(backlog);
  return system.withDatabase(async (database: CaseDatabase) => {
    if (preloaded !== undefined) {
      await preload(database, preloaded, (stored) =>
        report('bench', `${name}: ${stored.toLocaleString('en-US')} units stored before`),
      );
    }
    await database.client.query('CHECKPOINT');
    report('bench', `${name}: loading ${backlog.rows.toLocaleString('en-US')} rows`);
    const load = await measureLoad(system, database, backlog, signal);
    report('bench', `${name}: raw copy of the same rows`);
    const raw = await measureRawCopy(system, database, backlog);
    const asked = questions(nowMs);
    const queries = Object.keys(asked).length > 0 ? await measureQueries(system, database, asked, requests) : [];
    return { round: { load, raw }, queries };
  });
}

async function runCases(system: BenchSystem, options: Options, signal: AbortSignal) {
  const results: CaseResult[] = [];
  const queries: LatencyResult[] = [];
  const all = options.preload > 0 ? [...CASES, beside(options.preload)] : CASES;
  for (const one of all.filter(({ kind }) => options.only === undefined || kind === options.only)) {
    const rounds: Round[] = [];
    for (let number = 0; number < options.repeat; number += 1) {
      signal.throwIfAborted();
      const { round, queries: answered } = await runRound(system, one, options, signal);
      rounds.push(round);
      // The data is the same in every round, so one round of queries is enough.
      if (number === 0) {
        queries.push(...answered);
      }
    }
    results.push({ name: one.name, kind: one.kind, rounds });
  }
  return { cases: results, queries };
}

/** What the command measures: its figures, and the same as text. */
type Measured = readonly [figures: object, text: (setting: Setting) => string];

async function measure(system: BenchSystem, options: Options, signal: AbortSignal): Promise<Measured> {
  const { history: size, storm, clients, aims } = options;
  const progress = (what: string) => report('bench', what);
  if (storm !== undefined) {
    const result = await measureStorm(system, { size, ...storm, rounds: options.repeat, signal, progress });
    return [{ storm: result }, (setting) => formatStorm(setting, result)];
  }
  if (clients !== undefined) {
    const result = await measureClients(system, { size, ...clients, signal, progress });
    return [{ clients: result }, (setting) => formatClients(setting, result)];
  }
  if (aims !== undefined) {
    const result = await measureAims(system, { size, ...aims, signal, progress });
    return [{ aims: result }, (setting) => formatAims(setting, result)];
  }
  const result = await runCases(system, options, signal);
  return [result, (setting) => formatReport({ ...setting, ...result })];
}

async function run(options: Options, signal: AbortSignal): Promise<{ result: object; text: string }> {
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown processor',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / GIBIBYTE),
    loadBefore: loadavg()[0] as number,
  };
  const at = new Date().toISOString();
  const bench: BenchOptions = {
    folder: stackFolder(path.join(LOCAL_FOLDER, 'bench')),
    report,
    signal,
    isDurable: options.isDurable,
    profileFolder: options.profileFolder,
  };
  await BenchSystem.remove(bench);
  await checkDiskSpace(LOCAL_FOLDER, SPACE_FOR_SERVERS + spaceFor(options));
  let system: BenchSystem | undefined;
  try {
    system = await BenchSystem.start({ ...bench, folder: stackFolder(path.join(LOCAL_FOLDER, 'bench')) });
    const versions = await system.versions();
    const command = ['npm run bench', '--', ...process.argv.slice(2)].join(' ').replace(/ --$/, '');
    const setting = { at, command, machine, versions };
    const [figures, text] = await measure(system, options, signal);
    return { result: { ...setting, ...figures }, text: text(setting) };
  } finally {
    await BenchSystem.remove(bench, system);
  }
}

/** Backlog, blocks, table with indexes, write-ahead log, exported rows and their second table. */
const BYTES_PER_ROW = 2_000;
/** A sample, its index entries and the write-ahead log. */
const BYTES_PER_SAMPLE = 500;
/** Its rows, their indexes and the write-ahead log. */
const BYTES_PER_UNIT = 5_000;

const spaceFor = ({ rows, preload: units, history, storm, clients, aims }: Options): number =>
  storm === undefined && clients === undefined && aims === undefined
    ? rows * BYTES_PER_ROW + units * BYTES_PER_UNIT
    : history.inspections * BYTES_PER_UNIT + history.samples * BYTES_PER_SAMPLE;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const { run: runFolder } = stackFolder(path.join(LOCAL_FOLDER, 'bench'));
  const signal = soleOwner(runFolder, SCRIPT, '"npm run bench"');
  // It measures the processes of its servers, so they must be its own.
  forgetGivenServers();
  process.env['NODE_ENV'] = 'production';
  try {
    const { result, text } = await run(options, signal);
    mkdirSync(path.dirname(options.out), { recursive: true });
    writeFileSync(options.out, `${JSON.stringify(result, undefined, 2)}\n`);
    console.log(text);
    report('bench', `written to ${path.relative(process.cwd(), options.out)}`);
    return 0;
  } finally {
    release(runFolder);
  }
}

await runMain(main);
