/** Steady ingestion and cheap questions, in turns without and with a storm of expensive questions. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../../devstack/processes/wait-for.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import type { CaseDatabase } from '../system/case-database.ts';
import { telemetryBacklog } from '../data/machine-data.ts';
import { median, quantile } from '../results/numbers.ts';
import { type HistorySize } from '../data/history.ts';
import { cheapQuestions, expensiveQuestions, exportQuestions } from './questions.ts';
import { SteadyStream } from '../data/steady-stream.ts';
import type { StormCounts, StormOrder } from './storm-clients.ts';

export interface StormOptions {
  readonly size: HistorySize;
  /** Samples per second that machines publish. */
  readonly rate: number;
  /** Of each phase. */
  readonly seconds: number;
  readonly repeat: number;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
}

export interface Phase {
  readonly committedPerSecond: number;
  /** How far the database is behind what was published, seconds. */
  readonly behind: { readonly p50: number; readonly most: number };
  readonly cheapMs: { readonly p50: number; readonly p95: number; readonly answers: number };
}

export interface StormResult {
  readonly rate: number;
  readonly clients: number;
  readonly seconds: number;
  readonly rounds: readonly { readonly quiet: Phase; readonly storm: Phase; readonly answers: StormCounts }[];
}

const CLIENTS = 16;
const SAMPLES_PER_RECORD = 100;
const POLL_MS = 100;
/** Between two cheap questions. */
const PAUSE_MS = 10;
/** The first of each phase are not measured. */
const SETTLE_MS = 1_000;
/** Longest statement of the service, and some more. */
const CALM_WITHIN_MS = 60_000;

/** @param database holds a history, and gets the samples */
export async function measureStorm(
  system: BenchSystem,
  database: CaseDatabase,
  options: StormOptions,
): Promise<StormResult> {
  const { size, rate, seconds, repeat: rounds, signal, progress } = options;
  await system.freshTopics();
  return system.withServices(['ingest', 'writer', 'query'], database, async ({ ready, urls }) => {
    await ready;
    // More than all phases take, because calming down takes time, too.
    const samples = rate * (seconds + SETTLE_MS / 1000) * rounds * 2 + rate * 300;
    const stream = await SteadyStream.begin(system, telemetryBacklog(samples, SAMPLES_PER_RECORD, Date.now()), {
      elementsPerSecond: rate,
      tickMs: POLL_MS,
    });
    try {
      const measured: StormResult['rounds'][number][] = [];
      const url = (path: string): string => urls.query + path;
      const order: StormOrder = {
        statistics: Object.values(expensiveQuestions(Date.now())).map(url),
        exports: Object.values(exportQuestions(Date.now())).map(url),
        clients: CLIENTS,
      };
      const phase = (): Promise<Phase> =>
        onePhase(database, stream, Object.values(cheapQuestions(size)).map(url), options);
      for (let round = 1; round <= rounds; round += 1) {
        await calm(database, signal);
        progress(`round ${round} of ${rounds}: ${seconds} s without the storm`);
        const quiet = await phase();
        progress(`round ${round} of ${rounds}: ${seconds} s with ${CLIENTS} clients that ask expensive questions`);
        const { measured: storm, answers } = await inStorm(order, phase);
        measured.push({ quiet, storm, answers });
      }
      return { rate, clients: CLIENTS, seconds, rounds: measured };
    } finally {
      await stream.end();
    }
  });
}

/** Waits until no question of the last phase is left: the service answers those whose client has gone, too. */
async function calm(database: CaseDatabase, signal: AbortSignal): Promise<void> {
  const isCalm = async (): Promise<boolean> =>
    (
      await database.row<{ active: string }>(
        `SELECT count(*) AS active FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'chip-query' AND state <> 'idle'`,
      )
    ).active === '0';
  if (!(await waitFor(isCalm, CALM_WITHIN_MS, signal))) {
    throw new Error(`questions still run ${CALM_WITHIN_MS / 1000} s after their clients have gone`);
  }
}

async function inStorm<T>(order: StormOrder, work: () => Promise<T>): Promise<{ measured: T; answers: StormCounts }> {
  const clients = fork(fileURLToPath(new URL('./storm-clients.ts', import.meta.url)));
  const ended = once(clients, 'exit');
  try {
    clients.send(order);
    // Their process has the lowest priority: on a busy machine, it takes seconds until it asks.
    await once(clients, 'message');
    const measured = await work();
    clients.send('counts');
    const [answers] = (await once(clients, 'message')) as [StormCounts];
    return { measured, answers };
  } finally {
    clients.kill('SIGKILL');
    await ended;
  }
}

async function onePhase(
  database: CaseDatabase,
  stream: SteadyStream,
  cheap: readonly string[],
  { seconds, rate, signal }: Pick<StormOptions, 'seconds' | 'rate' | 'signal'>,
): Promise<Phase> {
  await sleep(SETTLE_MS, undefined, { signal });
  const end = performance.now() + seconds * 1000;
  const [ingested, times] = await Promise.all([ingestion(database, stream, rate, end), latencies(cheap, end)]);
  signal.throwIfAborted();
  return {
    ...ingested,
    cheapMs: { p50: quantile(times, 0.5), p95: quantile(times, 0.95), answers: times.length },
  };
}

async function ingestion(
  database: CaseDatabase,
  stream: SteadyStream,
  rate: number,
  end: number,
): Promise<Pick<Phase, 'committedPerSecond' | 'behind'>> {
  const applied = async (): Promise<number> =>
    Number(
      (
        await database.row<{ applied: string }>(
          `SELECT coalesce(sum(applied), 0) AS applied FROM stream_positions WHERE source_topic = 'telemetry.samples.v1'`,
        )
      ).applied,
    );
  const [first, begin] = [await applied(), performance.now()];
  const behind: number[] = [];
  let last = first;
  let at = begin;
  while (at < end) {
    await sleep(POLL_MS);
    last = await applied();
    at = performance.now();
    behind.push(Math.max(0, stream.published - last) / rate);
    stream.check();
  }
  return {
    committedPerSecond: (last - first) / ((at - begin) / 1000),
    behind: { p50: median(behind), most: Math.max(...behind) },
  };
}

/** @returns milliseconds of each answer, ascending */
async function latencies(urls: readonly string[], end: number): Promise<number[]> {
  const times: number[] = [];
  for (let nth = 0; performance.now() < end; nth += 1) {
    const url = urls[nth % urls.length] as string;
    const began = performance.now();
    const response = await fetch(url);
    const body = await response.text();
    times.push(performance.now() - began);
    if (response.status !== 200) {
      throw new Error(`GET ${url} answered ${response.status}: ${body.slice(0, 300)}`);
    }
    await sleep(PAUSE_MS);
  }
  return times.sort((a, b) => a - b);
}

export const ratios = ({ rounds }: StormResult) => ({
  ingestion: median(rounds.map(({ quiet, storm }) => storm.committedPerSecond / quiet.committedPerSecond)),
  cheap: median(rounds.map(({ quiet, storm }) => storm.cheapMs.p50 / quiet.cheapMs.p50)),
});
