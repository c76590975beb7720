/** Every GET route on a history of any size: how long its answers take, and which large tables it reads whole. */
import pg from 'pg';
import { UNITS_PER_LOT, type HistorySize } from '../data/history.ts';
import { latenciesOf, whole, type Latencies } from '../results/numbers.ts';
import type { CaseDatabase } from '../system/case-database.ts';
import { bytesOf, sizeOf } from '../system/disk-size.ts';
import { largeTables, readWhole } from './plans.ts';
import { routeQuestions, type Document, type RouteQuestion } from './route-questions.ts';
import type { StatementRecorder } from './statement-recorder.ts';

export interface RoutesOptions {
  readonly size: HistorySize;
  /** Answers to each question. */
  readonly requests: number;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
}

export interface PlannedQuestion extends RouteQuestion {
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

/** @param url of a service that answers from `database`, which holds a history */
export async function measureRoutes(
  database: CaseDatabase,
  url: string,
  questions: readonly PlannedQuestion[],
  { size, requests, signal, progress }: RoutesOptions,
): Promise<RoutesResult> {
  const routes: RouteResult[] = [];
  for (const { path, ...question } of questions) {
    signal.throwIfAborted();
    const times = await timesOf(url + path, requests);
    // All of them take half an hour at ten million inspections: an interrupted run keeps what was measured.
    progress(`${routes.length + 1} of ${questions.length}: ${path}: ${times.status}, ${whole(times.ms.p50)} ms`);
    routes.push({ ...question, ...times });
  }
  const bytes = {
    all: bytesOf(await sizeOf(database)),
    samples: bytesOf(await sizeOf(database, ['system_metrics'])),
  };
  return { size, bytes, routes };
}

/** Asks everything once. @param url of a service behind the recorder */
export async function planQuestions(
  recorder: StatementRecorder,
  database: CaseDatabase,
  url: string,
  { size, signal, progress }: Omit<RoutesOptions, 'requests'>,
): Promise<PlannedQuestion[]> {
  const large = await largeTables(database);
  const stored = await storedValues(database, size);
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Document;
  const planned: PlannedQuestion[] = [];
  const client = new pg.Client({ connectionString: database.url('QUERY_DATABASE_URL') });
  await client.connect();
  try {
    for (const question of routeQuestions(document, stored, Date.now())) {
      signal.throwIfAborted();
      progress(`plan of ${question.path}`);
      recorder.take();
      await ask(url + question.path);
      planned.push({ ...question, whole: await readWhole(client, recorder.take(), large) });
    }
  } finally {
    await client.end();
  }
  return planned;
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
