/** Answers that are promised within a time or at a rate, one after the other, on a year of a fab. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { BenchSystem } from '../system/bench-system.ts';
import type { CaseDatabase } from '../system/case-database.ts';
import { cpuSeconds, residentMib } from '../system/process-usage.ts';
import { quantile } from '../results/numbers.ts';
import { storeLargeWafer, type HistorySize } from '../data/history.ts';
import { backTest, LARGE_MAP, typedExports, yearQuestions } from './questions.ts';

export interface AimsOptions {
  readonly size: HistorySize;
  /** Least answers to each question. */
  readonly requests: number;
  /** Least time of all answers to a question, for each of these. */
  readonly askingMs: number;
  /** Of the large wafer. */
  readonly dice: number;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
}

interface TimedAnswer {
  readonly question: string;
  readonly p50Ms: number;
  readonly mostMs: number;
  readonly aimMs: number;
}

interface RatedExport {
  readonly question: string;
  readonly rows: number;
  readonly rowsPerSecond: number;
  readonly mib: number;
  /** CPU seconds per million rows. */
  readonly cpu: { readonly database: number; readonly service: number };
  /** Resident memory of the service: most in the first tenth of the time, and most in the rest. */
  readonly residentMib: { readonly first: number; readonly rest: number };
}

export interface AimsResult {
  readonly size: HistorySize;
  readonly dice: number;
  readonly answers: readonly TimedAnswer[];
  readonly exports: readonly RatedExport[];
}

export const EXPORT_AIM_ROWS_PER_SECOND = 250_000;
const AIM_MS = { year: 2_000, backTest: 10_000, map: 200 };
const LOOK_MS = 50;

/** @param database holds a history, which the service at the URL answers from, and gets a large wafer */
export async function measureAims(
  system: BenchSystem,
  database: CaseDatabase,
  url: string,
  { size, requests, askingMs, dice, signal, progress }: AimsOptions,
): Promise<AimsResult> {
  await storeLargeWafer(database, dice);
  const now = Date.now();
  const questions: [question: string, aimMs: number, path: string, init?: RequestInit][] = [
    ...Object.entries(yearQuestions(now)).map(([name, path]): [string, number, string] => [name, AIM_MS.year, path]),
    ['back-test of one parameter, a year', AIM_MS.backTest, '/v1/spc/backtest', asJson(backTest(now))],
    [`map of ${dice.toLocaleString('en-US')} dice`, AIM_MS.map, LARGE_MAP],
  ];
  const answers: TimedAnswer[] = [];
  for (const [question, aimMs, path, init] of questions) {
    signal.throwIfAborted();
    progress(question);
    const times: number[] = [];
    // The first answer warms up.
    const until = performance.now() + requests * askingMs;
    while (times.length <= requests || performance.now() < until) {
      times.push(await timeOf(url + path, init));
    }
    const measured = times.slice(1).sort((a, b) => a - b);
    answers.push({ question, p50Ms: quantile(measured, 0.5), mostMs: quantile(measured, 1), aimMs });
  }
  const exports: RatedExport[] = [];
  for (const [question, path] of Object.entries(typedExports(now))) {
    signal.throwIfAborted();
    progress(question);
    exports.push(await rated(system, question, url + path));
  }
  return { size, dice, answers, exports };
}

const asJson = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

async function timeOf(url: string, init: RequestInit | undefined): Promise<number> {
  const began = performance.now();
  const response = await fetch(url, init);
  const body = await response.text();
  if (response.status !== 200) {
    throw new Error(`${url} answered ${response.status}: ${body.slice(0, 300)}`);
  }
  return performance.now() - began;
}

/** Downloads an export to its end. Over plain HTTP, because fetch does not show the trailer with the number of rows. */
async function rated(system: BenchSystem, question: string, url: string): Promise<RatedExport> {
  const pids = { database: system.pidsOf('postgres'), service: system.pidsOf('query') };
  const resident: number[] = [];
  const looking = setInterval(() => resident.push(residentMib(pids.service).now), LOOK_MS);
  const before = cpuSeconds(pids);
  const began = performance.now();
  try {
    const [response] = (await once(get(url), 'response')) as [IncomingMessage];
    let bytes = 0;
    for await (const piece of response) {
      bytes += (piece as Buffer).length;
    }
    const seconds = (performance.now() - began) / 1000;
    const after = cpuSeconds(pids);
    const rows = Number(response.trailers['x-row-count']);
    if (response.statusCode !== 200 || !(rows > 0)) {
      throw new Error(`GET ${url} answered ${response.statusCode} without all of its rows`);
    }
    resident.push(residentMib(pids.service).now);
    const firsts = Math.max(1, Math.floor(resident.length / 10));
    const perMillion = (name: keyof typeof pids): number => (1e6 * (after[name] - before[name])) / rows;
    return {
      question,
      rows,
      rowsPerSecond: rows / seconds,
      mib: bytes / 1024 / 1024,
      cpu: { database: perMillion('database'), service: perMillion('service') },
      residentMib: {
        first: Math.max(...resident.slice(0, firsts)),
        rest: Math.max(...resident.slice(-Math.max(1, resident.length - firsts))),
      },
    };
  } finally {
    clearInterval(looking);
  }
}
