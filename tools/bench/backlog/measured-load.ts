/** Lets a loader, such as ingest and writer, work off a backlog, and measures it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { together } from '../../devstack/processes/together.ts';
import type { Backlog } from '../data/machine-data.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import type { CaseDatabase } from '../system/case-database.ts';
import { cpuSeconds, residentMib, type Pids } from '../system/process-usage.ts';
import { diskUse, type DiskUse } from './disk-use.ts';

const POLL_MS = 50;
/** Nothing committed for this long: something is broken, and further waiting will not show what. */
const STALL_MS = 90_000;
/** The rate omits the beginning, in which the services start and join their groups. */
const MEASURED_FROM = 0.1;
const MEMORY_AT = [0.1, 0.5, 0.9] as const;

export const SERVICES = ['ingest', 'writer'] as const;
export type Service = (typeof SERVICES)[number];
/** Processes that every loader needs. */
export const SERVERS = ['postgres', 'kafka'] as const;
type Server = (typeof SERVERS)[number];

/** @typeParam Own the loader's own processes */
export interface LoadResult<Own extends string = Service> {
  /** Counted in the table after the load. */
  readonly rows: number;
  readonly elements: number;
  /** Between 10 % and 100 % of the backlog. Null if both were passed between two samples: too small to measure. */
  readonly rowsPerSecond: number | null;
  readonly elementsPerSecond: number | null;
  /** From the start of the loader's processes to the last commit. */
  readonly endToEndSeconds: number;
  /** For the same part of the backlog as the rate. */
  readonly cpuSecondsPerMillionRows: Readonly<Record<Own | Server, number>> | null;
  /** Resident memory of the largest instance when 10 %, 50 % and 90 % of the backlog were committed. */
  readonly memoryMib: Readonly<Record<Own, { at: readonly number[]; peak: number }>>;
  readonly disk: DiskUse;
}

export interface Observed {
  readonly atMs: number;
  readonly elements: number;
}

/** When `elements` were committed, interpolated between the two samples around that moment. */
export function timeOf(elements: number, looks: readonly Observed[]): number {
  const after = looks.findIndex((look) => look.elements >= elements);
  const to = looks[after];
  if (to === undefined) {
    throw new Error(`${elements} elements were never seen`);
  }
  const from = looks[after - 1];
  return from === undefined
    ? to.atMs
    : from.atMs + ((elements - from.elements) / (to.elements - from.elements)) * (to.atMs - from.atMs);
}

/** What works off a backlog. */
export interface Loader<Own extends string> {
  readonly processes: readonly Own[];
  /** Starts it and does the work meanwhile. */
  readonly whileRunning: <T>(work: (ready: Promise<unknown>) => Promise<T>) => Promise<T>;
  /** Elements that are committed. */
  readonly committed: (signal: AbortSignal) => Promise<number>;
}

/** Ingest and writer, so many instances of each. */
export function pipeline(
  system: BenchSystem,
  database: CaseDatabase,
  { topic }: Backlog,
  instances: number,
): Loader<Service> {
  return {
    processes: SERVICES,
    whileRunning: (work) =>
      system.withServices(
        SERVICES,
        database,
        async ({ ready }) => {
          const result = await work(ready).catch(async (error: unknown) => {
            // Foreign readers would explain the failure better than their effects.
            await system.refuseStrangers();
            throw error;
          });
          await system.refuseStrangers();
          return result;
        },
        { instances: { ingest: instances, writer: instances } },
      ),
    committed: async (signal) => {
      await sleep(POLL_MS, undefined, { signal });
      const tally = await database.row<{ applied: string; refused: string }>(
        `SELECT coalesce(sum(applied), 0) AS applied, coalesce(sum(dead_lettered), 0) AS refused
         FROM stream_positions WHERE source_topic = $1`,
        [topic],
      );
      if (Number(tally.refused) > 0) {
        throw new Error(`${tally.refused} of the backlog's elements were refused`);
      }
      return Number(tally.applied);
    },
  };
}

export async function measureLoad<Own extends string>(
  system: BenchSystem,
  database: CaseDatabase,
  backlog: Backlog,
  loader: Loader<Own>,
  signal: AbortSignal,
): Promise<LoadResult<Own>> {
  const before = await diskUse(database, backlog);
  const startedMs = performance.now();
  return loader.whileRunning(async (ready) => {
    const [observed] = await together(
      signal,
      (either) => observe(system, backlog, loader, startedMs, either),
      () => ready,
    );
    const { rows } = await database.row<{ rows: string }>(`SELECT count(*) AS rows FROM ${backlog.table}`);
    if (Number(rows) !== backlog.rows) {
      throw new Error(`${backlog.table} holds ${rows} rows, expected ${backlog.rows}`);
    }
    return { ...observed, disk: await diskUse(database, backlog, before) };
  });
}

async function observe<Own extends string>(
  system: BenchSystem,
  { elements, rows }: Backlog,
  { processes, committed: look }: Loader<Own>,
  startedMs: number,
  signal: AbortSignal,
): Promise<Omit<LoadResult<Own>, 'disk'>> {
  const measured: (Own | Server)[] = [...processes, ...SERVERS];
  const of = <N extends string, T>(names: readonly N[], value: (name: N) => T) =>
    Object.fromEntries(names.map((name) => [name, value(name)])) as Record<N, T>;
  // Known once something is committed: of a process that is only just starting, the kernel does not say the name yet.
  let started: Pids<Own | Server> | undefined;
  const pidsOf = (): Pids<Own | Server> => (started ??= of(measured, (name) => system.pidsOf(name)));
  const looks: Observed[] = [{ atMs: startedMs, elements: 0 }];
  const memory = of(processes, (): number[] => []);
  let begin: { cpu: Record<Own | Server, number>; elements: number } | undefined;
  let progressAtMs = startedMs;
  let remembered = 0;
  for (let committed = 0; committed < elements;) {
    const now = await look(signal);
    const nowMs = performance.now();
    if (now > committed) {
      progressAtMs = nowMs;
    } else if (nowMs - progressAtMs > STALL_MS) {
      throw new Error(`nothing was committed for ${STALL_MS / 1000} s, at ${committed} of ${elements} elements`);
    }
    committed = now;
    looks.push({ atMs: nowMs, elements: committed });
    const share = committed / elements;
    if (begin === undefined && share >= MEASURED_FROM) {
      begin = { cpu: cpuSeconds(pidsOf()), elements: committed };
    }
    for (; share >= (MEMORY_AT[remembered] ?? Infinity); remembered += 1) {
      for (const name of processes) {
        // Asked again, because a process that has ended must be noticed.
        memory[name].push(residentMib(system.pidsOf(name)).now);
      }
    }
  }
  const endMs = (looks.at(-1) as Observed).atMs;
  const endToEndSeconds = (endMs - startedMs) / 1000;
  // The kernel keeps the peak a little behind what it says at the moment.
  const memoryMib = of(processes, (name) => ({
    at: memory[name],
    peak: Math.max(residentMib(pidsOf()[name]).peak, ...memory[name]),
  }));
  if (begin === undefined || begin.elements === elements) {
    const unmeasured = { rowsPerSecond: null, elementsPerSecond: null, cpuSecondsPerMillionRows: null };
    return { rows, elements, endToEndSeconds, memoryMib, ...unmeasured };
  }
  const rowsPerElement = rows / elements;
  const seconds = (endMs - timeOf(elements * MEASURED_FROM, looks)) / 1000;
  const elementsPerSecond = (elements * (1 - MEASURED_FROM)) / seconds;
  const used = cpuSeconds(pidsOf());
  const { cpu } = begin;
  const millions = ((elements - begin.elements) * rowsPerElement) / 1e6;
  return {
    rows,
    elements,
    rowsPerSecond: elementsPerSecond * rowsPerElement,
    elementsPerSecond,
    endToEndSeconds,
    cpuSecondsPerMillionRows: of(measured, (name) => (used[name] - cpu[name]) / millions),
    memoryMib,
  };
}
