/** Answers to several clients at once, beside the same statements through a bare client. */
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { BenchSystem } from '../system/bench-system.ts';
import type { CaseDatabase } from '../system/case-database.ts';
import { cpuSeconds, type Pids } from '../system/process-usage.ts';
import { quantile } from '../results/numbers.ts';
import type { HistorySize } from '../data/history.ts';
import { cheapQuestions, expensiveQuestions, usualQuestions, type Questions } from './questions.ts';
import type { Recorded, Statement, StatementRecorder } from './statement-recorder.ts';

/** Statements of each question. */
export type Statements = ReadonlyMap<string, readonly Statement[]>;

export interface ClientsOptions {
  readonly size: HistorySize;
  readonly clients: number;
  /** Most answers to each question. */
  readonly requests: number;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
}

export interface Compared {
  readonly bareMs: number;
  readonly routeMs: number;
  /** CPU time of an answer. Other work on the machine does not change it much. */
  readonly cpuMs: {
    /** Of the database for bare clients, and for the route. */
    readonly bareDatabase: number;
    readonly database: number;
    /** Of the service: what it computes, reads and writes. */
    readonly service: number;
  };
}

export interface ClientsResult {
  readonly size: HistorySize;
  readonly clients: number;
  readonly questions: readonly {
    readonly question: string;
    readonly statements: number;
    /** p50 of one client alone, and of each of several at once. */
    readonly alone: Compared;
    readonly together: Compared;
  }[];
}

/** Longest measurement of one question, in which each client answers once more at least. */
const MOST_MS = 5_000;
/** An answer that takes longer needs no warming up. */
const LONG_MS = 1_000;
/** After a 503: the time goes on until there is an answer. */
const REFUSED_PAUSE_MS = 100;

const questionsOf = (size: HistorySize): Questions => {
  const now = Date.now();
  return { ...cheapQuestions(size), ...usualQuestions(size, now), ...expensiveQuestions(now) };
};

/** Asks everything once. @param url of a service behind the recorder */
export async function recordStatements(
  recorder: StatementRecorder,
  url: string,
  { size }: Pick<ClientsOptions, 'size'>,
): Promise<Statements> {
  const statements = new Map<string, Statement[]>();
  for (const [question, path] of Object.entries(questionsOf(size))) {
    recorder.take();
    await answer(url + path, new Agent());
    statements.set(question, transactionsOf(recorder.take()));
  }
  return statements;
}

/** @param database holds a history, which the service at the URL answers from */
export async function measureClients(
  system: BenchSystem,
  database: CaseDatabase,
  url: string,
  statements: Statements,
  { size, clients, requests, signal, progress }: ClientsOptions,
): Promise<ClientsResult> {
  const measured: ClientsResult['questions'][number][] = [];
  const bareClients = newBareClients(database, clients);
  try {
    await Promise.all(bareClients.map((client) => client.connect()));
    for (const [question, path] of Object.entries(questionsOf(size))) {
      signal.throwIfAborted();
      progress(question);
      const sent = statements.get(question) ?? [];
      const pids = { database: system.pidsOf('postgres'), service: system.pidsOf('query') };
      const compared = async (count: number): Promise<Compared> => {
        const bare = await withCpu(pids, () => asBareClients(bareClients.slice(0, count), sent, requests));
        const route = await withCpu(pids, () => asClients(url + path, count, requests));
        return {
          bareMs: bare.median,
          routeMs: route.median,
          cpuMs: { bareDatabase: bare.cpuMs.database, ...route.cpuMs },
        };
      };
      measured.push({
        question,
        statements: sent.length,
        alone: await compared(1),
        together: await compared(clients),
      });
    }
  } finally {
    await Promise.all(bareClients.map((client) => client.end().catch(() => {})));
  }
  return { size, clients, questions: measured };
}

/** Leaves out what the service asks and writes beside requests: outside of a transaction, or in sessions of its own. */
function transactionsOf(statements: readonly Recorded[]): Statement[] {
  return [...Map.groupBy(statements, ({ session }) => session).values()].flatMap((own) => {
    const first = own.findIndex(({ text }) => text.startsWith('BEGIN') && text.includes('READ ONLY'));
    const last = own.findLastIndex(({ text }) => text === 'COMMIT');
    return first < 0 ? [] : own.slice(first, last + 1);
  });
}

/** Asks until there is an answer: with many clients, a question over everything is refused as overloaded at first. */
async function answer(url: string, agent: Agent): Promise<void> {
  const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage];
  let body = '';
  for await (const piece of response.setEncoding('utf8')) {
    body += String(piece);
  }
  if (response.statusCode === 503 && body.includes('"overloaded"')) {
    await sleep(REFUSED_PAUSE_MS);
    await answer(url, agent);
  } else if (response.statusCode !== 200) {
    throw new Error(`GET ${url} answered ${response.statusCode}: ${body.slice(0, 300)}`);
  }
}

interface Measured {
  /** Time of an answer, ms. */
  readonly median: number;
  readonly answers: number;
}

async function withCpu<Name extends string>(
  pids: Pids<Name>,
  measure: () => Promise<Measured>,
): Promise<Measured & { readonly cpuMs: Record<Name, number> }> {
  const before = cpuSeconds(pids);
  const measured = await measure();
  const after = cpuSeconds(pids);
  const perAnswer = (name: Name): number => (1000 * (after[name] - before[name])) / measured.answers;
  const cpuMs = Object.fromEntries((Object.keys(pids) as Name[]).map((name) => [name, perAnswer(name)]));
  return { ...measured, cpuMs: cpuMs as Record<Name, number> };
}

/**
 * Answers by so many workers that begin again at once. The first of each warms up and counts, but not in the median, unless
 * it took so long that no connection shows in it.
 */
async function medianOf(
  count: number,
  requests: number,
  work: (worker: number) => Promise<unknown>,
): Promise<Measured> {
  const times: number[] = [];
  let answers = 0;
  const end = performance.now() + MOST_MS;
  const worker = async (number: number): Promise<void> => {
    for (let isFirst = true, isMeasured = false; !isMeasured || (answers < requests && performance.now() < end);) {
      const began = performance.now();
      await work(number);
      const took = performance.now() - began;
      answers += 1;
      if (!isFirst || took >= LONG_MS) {
        isMeasured = true;
        times.push(took);
      }
      isFirst = false;
    }
  };
  await Promise.all(Array.from({ length: count }, (_, number) => worker(number)));
  const median = quantile(
    times.sort((a, b) => a - b),
    0.5,
  );
  return { median, answers };
}

async function asClients(url: string, count: number, requests: number): Promise<Measured> {
  const agent = new Agent({ keepAlive: true });
  try {
    return await medianOf(count, requests, () => answer(url, agent));
  } finally {
    agent.destroy();
  }
}

function asBareClients(
  clients: readonly pg.Client[],
  statements: readonly Statement[],
  requests: number,
): Promise<Measured> {
  return medianOf(clients.length, requests, async (worker) => {
    for (const { text, values } of statements) {
      await (clients[worker] as pg.Client).query(text, values as unknown[] | undefined);
    }
  });
}

/** They stay connected, as the sessions of the service do. */
function newBareClients(database: CaseDatabase, count: number): pg.Client[] {
  const asText = { getTypeParser: () => String };
  const connectionString = database.url('QUERY_DATABASE_URL');
  return Array.from({ length: count }, () => new pg.Client({ connectionString, types: asText as never }));
}
