/** Every GET route on a history of any size: how long its answers take, and which large tables it reads whole. */
import { UNITS_PER_LOT, type HistorySize } from '../data/history.ts';
import { latenciesOf, whole, type Latencies } from '../results/numbers.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import type { CaseDatabase } from '../system/case-database.ts';
import { bytesOf, sizeOf } from '../system/disk-size.ts';
import { largeTables, readWhole } from './plans.ts';
import { routeQuestions, type Document, type RouteQuestion } from './route-questions.ts';
import { StatementRecorder } from './statement-recorder.ts';

export interface RoutesOptions {
  readonly size: HistorySize;
  /** Answers to each question. */
  readonly requests: number;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
}

interface PlannedQuestion extends RouteQuestion {
  /** Large tables that are read whole. */
  readonly whole: readonly string[];
}

interface RouteResult extends Omit<PlannedQuestion, 'path'> {
  /** What the service answered: a refusal is an answer, too. */
  readonly status: number;
  readonly ms: Latencies;
}

export interface RoutesResult {
  readonly size: HistorySize;
  /** On disk. */
  readonly bytes: { readonly all: number; readonly samples: number };
  readonly routes: readonly RouteResult[];
}

/** No further answers to a question that has taken this long. */
const MOST_MS = 20_000;

/** @param database holds a history */
export async function measureRoutes(
  system: BenchSystem,
  database: CaseDatabase,
  options: RoutesOptions,
): Promise<RoutesResult> {
  const { size, requests, signal, progress } = options;
  const questions = await plannedQuestions(system, database, options);
  const routes = await system.withQuery(database, async (url) => {
    const measured: RouteResult[] = [];
    for (const { path, ...question } of questions) {
      signal.throwIfAborted();
      const times = await timesOf(url + path, requests);
      // All of them take half an hour at ten million inspections: an interrupted run keeps what was measured.
      progress(`${measured.length + 1} of ${questions.length}: ${path}: ${times.status}, ${whole(times.ms.p50)} ms`);
      measured.push({ ...question, ...times });
    }
    return measured;
  });
  const bytes = {
    all: bytesOf(await sizeOf(database)),
    samples: bytesOf(await sizeOf(database, ['system_metrics'])),
  };
  return { size, bytes, routes };
}

/** Asks everything once, through a recorder, which would slow what is measured. */
async function plannedQuestions(
  system: BenchSystem,
  database: CaseDatabase,
  { size, signal, progress }: RoutesOptions,
): Promise<PlannedQuestion[]> {
  const large = await largeTables(database);
  const stored = await storedValues(database, size);
  const recorder = await StatementRecorder.before(database.url('QUERY_DATABASE_URL'));
  try {
    const recorded = { url: (variable: string) => recorder.through(database.url(variable)) };
    return await system.withQuery(recorded, async (url) => {
      const document = (await (await fetch(`${url}/openapi.json`)).json()) as Document;
      const planned: PlannedQuestion[] = [];
      for (const question of routeQuestions(document, stored, Date.now())) {
        signal.throwIfAborted();
        progress(`plan of ${question.path}`);
        recorder.take();
        await ask(url + question.path);
        planned.push({ ...question, whole: await readWhole(database, recorder.take(), large) });
      }
      return planned;
    });
  } finally {
    await recorder.close();
  }
}

async function timesOf(url: string, requests: number): Promise<Pick<RouteResult, 'status' | 'ms'>> {
  // The first answer warms up, unless it took so long that no connection shows in it.
  const first = await ask(url);
  const times = first.ms > MOST_MS ? [first.ms] : [];
  for (let sum = first.ms; times.length < requests && sum < MOST_MS;) {
    const { ms } = await ask(url);
    times.push(ms);
    sum += ms;
  }
  return { status: first.status, ms: latenciesOf(times.length > 0 ? times : [first.ms]) };
}

/** Values of the unit in the middle of the history, and of the rest of it. */
async function storedValues(
  database: CaseDatabase,
  { inspections }: HistorySize,
): Promise<Readonly<Record<string, string>>> {
  const lot = `LOT${Math.floor(inspections / 2 / UNITS_PER_LOT)}`;
  const unit = await database.row<Record<string, string>>(
    `SELECT i.id AS "/v1/inspections/{id}", i.chip_id, i.wafer_id, i.product, i.equipment_id FROM inspections i JOIN lots l ON l.id = i.lot_id WHERE l.lot_id = $1
     ORDER BY i.chip_id LIMIT 1`,
    [lot],
  );
  return { ...unit, lot_id: lot, site: 'fab', parameter: 'width3', metric_name: 'metric3', name: 'width3' };
}

/** Until the whole answer is there; of an export until it begins, since it takes as long as its rows. */
async function ask(url: string): Promise<{ status: number; ms: number }> {
  const began = performance.now();
  const response = await fetch(url);
  if (new URL(url).pathname.startsWith('/v1/export/')) {
    const reader = response.body?.getReader();
    await reader?.read();
    const ms = performance.now() - began;
    await reader?.cancel();
    return { status: response.status, ms };
  }
  await response.arrayBuffer();
  return { status: response.status, ms: performance.now() - began };
}
