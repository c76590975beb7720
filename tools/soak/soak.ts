/**
 * `npm run soak`: a steady load for as long as asked, with questions beside it, a summary now and then, and a verdict on
 * every trend (see usage.mjs of the stack).
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { release, soleOwner } from '../devstack/commands/one-at-a-time.ts';
import { forgetGivenServers } from '../devstack/servers/given-servers.ts';
import { LOCAL_FOLDER, stackFolder } from '../devstack/layout.ts';
import { runMain } from '../devstack/processes/run-main.ts';
import { pause, repeatedly } from '../devstack/processes/wait-for.ts';
import { reportTo } from '../devstack/terminal/progress.ts';
import { StackError } from '../devstack/terminal/stack-error.ts';
import { wholeNumber } from '../devstack/terminal/whole-number.ts';
import { footprintsOf } from '../faults/proof/residue.ts';
import { Trial } from '../faults/run/trial.ts';
import { onFreshSystem } from '../faults/system/fresh-system.ts';
import type { SystemUnderTest } from '../faults/system/system.ts';
import { formatSamples, percentile, rising, type Sample } from './trend.ts';

const SCRIPT = fileURLToPath(import.meta.url);
const HOME = path.join(LOCAL_FOLDER, 'soak');
const report = reportTo((line) => console.log(line));

/** Between questions: a page that a person looks at. */
const PAUSE_MS = 500;
/** With the compressed clock: of chunks, of what is kept, and between two runs of retention. */
const CHUNK = '1 minute';
const KEEP = '4 minutes';
const RETENTION_MS = 30_000;
const RETAINED = ['system_metrics', 'measurements', 'inspection_events'];
const HYPERTABLES = ['system_metrics', 'measurement_rows', 'measurement_values'];
const LONGEST_SUMMARY_S = 3_600;
/** Enough intervals in a short run to see a trend. */
const INTERVALS = 24;

interface Options {
  readonly minutes: number;
  readonly rate: number;
  readonly seed: string;
  readonly isCompressed: boolean;
  readonly everyS: number;
}

function parseOptions(argv: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        minutes: { type: 'string', default: '60' },
        rate: { type: 'string', default: '800' },
        seed: { type: 'string', default: String(Date.now()) },
        compressed: { type: 'boolean', default: false },
      },
    });
    const minutes = wholeNumber('--minutes', values.minutes, 1, 100_000);
    return {
      minutes,
      rate: wholeNumber('--rate', values.rate, 1, 100_000),
      seed: values.seed,
      isCompressed: values.compressed,
      everyS: Math.min(LONGEST_SUMMARY_S, (minutes * 60) / INTERVALS),
    };
  } catch (error) {
    throw new StackError((error as Error).message, 'see "npm run soak -- --help"', { cause: error });
  }
}

/** Asks what a page asks, one question after the other. */
class Questions {
  #times: number[] = [];
  #failed = 0;
  #next = 0;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async ask(stop: AbortSignal): Promise<void> {
    const from = new Date(Date.now() - 3_600_000).toISOString();
    const paths = [
      '/v1/inspections?limit=50',
      `/v1/yield?group_by=day&from=${from}`,
      '/v1/lots?limit=50',
      '/v1/pipeline',
      '/v1/metrics',
      `/v1/bins/pareto?bin=hard&from=${from}`,
    ];
    const began = performance.now();
    try {
      const answer = await fetch(this.#url + paths[this.#next++ % paths.length], {
        signal: AbortSignal.timeout(30_000),
      });
      await answer.arrayBuffer();
      this.#failed += answer.ok ? 0 : 1;
    } catch {
      this.#failed += 1;
    }
    this.#times.push(performance.now() - began);
    await pause(PAUSE_MS, stop);
  }

  /** Since the last call. */
  taken(): { readonly times: readonly number[]; readonly failed: number } {
    const taken = { times: this.#times, failed: this.#failed };
    this.#times = [];
    this.#failed = 0;
    return taken;
  }
}

async function compressClock(system: SystemUnderTest): Promise<void> {
  for (const table of HYPERTABLES) {
    await system.sql(`SELECT set_chunk_time_interval('${table}', interval '${CHUNK}')`);
  }
  for (const table of RETAINED) {
    await system.sql(`SELECT set_retention('${table}', interval '${KEEP}')`);
  }
}

/** As the upkeep does once an hour: what fails, such as in a deadlock with a flush, is tried again the next time. */
async function retain(system: SystemUnderTest, stop: AbortSignal): Promise<void> {
  for (const table of RETAINED) {
    await system
      .sql(`SELECT apply_retention('${table}')`)
      .catch((error: unknown) => report('retention', `${table}: ${(error as Error).message}; again later`));
  }
  await pause(RETENTION_MS, stop);
}

/**
 * Dead rows of temporary tables do not count: a commit empties those of the writers, and only the counter, which no
 * vacuum sets back, goes on.
 */
async function measure(system: SystemUnderTest, questions: Questions, at: number): Promise<Sample> {
  const [row] = await system.sql<Record<'lag' | 'dead' | 'deltas' | 'chunks' | 'bytes', string>>(
    `SELECT (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - append_time)), 0) FROM stream_positions
              WHERE high_watermark > next_offset) AS lag,
            (SELECT sum(n_dead_tup) FROM pg_stat_user_tables WHERE schemaname !~ '^pg_temp') AS dead,
            (SELECT count(*) FROM metrics_delta) + (SELECT count(*) FROM yield_delta) AS deltas,
            (SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_schema = 'public') AS chunks,
            pg_database_size(current_database()) AS bytes`,
  );
  const { times, failed } = questions.taken();
  const resident = Math.max(...[...footprintsOf(system).values()].map(({ residentMegabytes }) => residentMegabytes));
  const values = {
    'lag, s': Number(row?.lag),
    'p50, ms': percentile(times, 0.5),
    'p95, ms': percentile(times, 0.95),
    'p99, ms': percentile(times, 0.99),
    'failed requests': failed,
    'resident, MB': resident,
    'dead rows': Number(row?.dead),
    'unfolded deltas': Number(row?.deltas),
    chunks: Number(row?.chunks),
    'database, MB': Number(row?.bytes) / 1024 / 1024,
  };
  report(
    'summary',
    Object.entries(values)
      .map(([name, value]) => `${name} ${value.toFixed(0)}`)
      .join('; '),
  );
  return { at, values };
}

async function soak(system: SystemUnderTest, options: Options): Promise<{ samples: Sample[]; problems: string[] }> {
  const { minutes, rate, seed, isCompressed, everyS } = options;
  if (isCompressed) {
    await compressClock(system);
  }
  const trial = await Trial.begin({ system, seed, rate, resumeWithinMs: 60_000 });
  const questions = new Questions(system.url('query-1'));
  const ends = [
    repeatedly((stop) => questions.ask(stop)),
    ...(isCompressed ? [repeatedly((stop) => retain(system, stop))] : []),
  ];
  const samples: Sample[] = [];
  try {
    const began = performance.now();
    const seconds = (): number => (performance.now() - began) / 1000;
    for (let next = everyS; next <= minutes * 60 + 1; next += everyS) {
      await sleep(Math.max(0, next - seconds()) * 1000, undefined, { signal: system.signal });
      trial.publisher.throwFailure();
      samples.push(await measure(system, questions, seconds()));
      trial.keepUp();
    }
    await trial.rest();
    await Promise.all(ends.map((end) => end()));
    return { samples, problems: await accounts(system, trial) };
  } finally {
    await Promise.allSettled(ends.map((end) => end()));
    await trial.end();
  }
}

/** Retention removes rows, so what was published is compared with the ledger. */
async function accounts(system: SystemUnderTest, trial: Trial): Promise<string[]> {
  const [sum] = await system.sql<{ elements: string; balanced: boolean }>(
    `SELECT sum(elements) AS elements, bool_and(elements = applied + dead_lettered + duplicates
       AND next_offset - origin_offset = records + skipped + gaps) AS balanced FROM stream_positions`,
  );
  const states = await system.sql<{ state: string }>(`SELECT state FROM stream_positions WHERE state <> 'running'`);
  return [
    ...(Number(sum?.elements) === trial.elements
      ? []
      : [`${trial.elements} elements were acknowledged, and the ledger has ${sum?.elements}`]),
    ...(sum?.balanced ? [] : ['the ledger does not balance']),
    ...states.map(({ state }) => `a partition is ${state}`),
    ...(system.restarts() === 0 ? [] : [`${system.restarts()} services restarted`]),
  ];
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  forgetGivenServers();
  const { run } = stackFolder(HOME);
  const signal = soleOwner(run, SCRIPT, '"npm run soak"');
  try {
    return await onFreshSystem({ home: HOME, report, signal }, async (system) => {
      report('soak', `${options.minutes} minutes at ${options.rate} elements/s, a summary every ${options.everyS} s`);
      const { samples, problems } = await soak(system, options);
      // Without retention, days are added: the compressed clock shows whether their number stays.
      const trends = rising(samples, options.isCompressed ? [] : ['chunks']);
      const verdict = [...problems, ...(trends ?? ['too few summaries to tell a trend: run longer'])];
      console.log(`\n${formatSamples(samples)}\n`);
      const file = path.join(HOME, `report-${options.seed}.json`);
      writeFileSync(file, `${JSON.stringify({ ...options, samples, verdict }, null, 2)}\n`);
      verdict.forEach((text) => report('problem', text));
      console.log(verdict.length === 0 ? 'nothing rises, and every element is accounted for' : 'FAILED');
      console.log(`report: ${file}`);
      return verdict.length === 0 ? 0 : 1;
    });
  } finally {
    release(run);
  }
}

await runMain(main);
