/** Lets ingest and writer work off a backlog, and measures them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { together } from '../devstack/processes/together.ts';
import type { BenchSystem, CaseDatabase } from './bench-system.ts';
import type { Backlog } from './machine-data.ts';
import { cpuSeconds, residentMib } from './process-usage.ts';

const POLL_MS = 50;
/** Nothing committed for this long: something is broken, and further waiting will not show what. */
const STALL_MS = 90_000;
/** The rate omits the beginning, in which the services start and join their groups. */
const MEASURED_FROM = 0.1;
const MEMORY_AT = [0.1, 0.5, 0.9] as const;

export const MEASURED_PROCESSES = ['ingest', 'writer', 'postgres', 'kafka'] as const;
export type MeasuredProcess = (typeof MEASURED_PROCESSES)[number];

export interface LoadResult {
  /** Counted in the table after the load. */
  readonly rows: number;
  readonly elements: number;
  /** Between 10 % and 100 % of the backlog. Null if both were passed between two samples: too small to measure. */
  readonly rowsPerSecond: number | null;
  readonly elementsPerSecond: number | null;
  /** From the start of the services' processes to the last commit. */
  readonly endToEndSeconds: number;
  /** For the same part of the backlog as the rate. */
  readonly cpuSecondsPerMillionRows: Readonly<Record<MeasuredProcess, number>> | null;
  /** Resident memory when 10 %, 50 % and 90 % of the backlog were committed. */
  readonly memoryMib: Readonly<Record<'ingest' | 'writer', { at: readonly number[]; peak: number }>>;
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

interface Tally {
  readonly applied: string;
  readonly refused: string;
}

export function measureLoad(
  system: BenchSystem,
  database: CaseDatabase,
  backlog: Backlog,
  signal: AbortSignal,
): Promise<LoadResult> {
  const startedMs = performance.now();
  return system.withServices(['ingest', 'writer'], database, async ({ ready }) => {
    const [observed] = await together(
      signal,
      (either) => observe(system, database, backlog, startedMs, either),
      () => ready,
    ).catch(async (error: unknown) => {
      signal.throwIfAborted();
      // Foreign readers would explain the failure better than their effects.
      await system.refuseStrangers();
      throw error;
    });
    await system.refuseStrangers();
    const { rows } = await database.row<{ rows: string }>(`SELECT count(*) AS rows FROM ${backlog.table}`);
    if (Number(rows) !== backlog.rows) {
      throw new Error(`${backlog.table} holds ${rows} rows, expected ${backlog.rows}`);
    }
    return observed;
  });
}

async function observe(
  system: BenchSystem,
  database: CaseDatabase,
  { topic, elements, rows }: Backlog,
  startedMs: number,
  signal: AbortSignal,
): Promise<LoadResult> {
  const pids = {
    ingest: system.pidOf('ingest-1'),
    writer: system.pidOf('writer-1'),
    postgres: system.pidOf('postgres-1'),
    kafka: system.pidOf('kafka-1'),
  };
  const looks: Observed[] = [{ atMs: startedMs, elements: 0 }];
  const memory: { ingest: number[]; writer: number[] } = { ingest: [], writer: [] };
  let begin: { cpu: Record<MeasuredProcess, number>; elements: number } | undefined;
  let progressAtMs = startedMs;
  for (let committed = 0; committed < elements;) {
    await sleep(POLL_MS, undefined, { signal });
    const tally = await database.row<Tally>(
      `SELECT coalesce(sum(applied), 0) AS applied, coalesce(sum(dead_lettered), 0) AS refused
       FROM stream_positions WHERE source_topic = $1`,
      [topic],
    );
    const now = performance.now();
    if (Number(tally.refused) > 0) {
      throw new Error(`${tally.refused} of the backlog's elements were refused`);
    }
    if (Number(tally.applied) > committed) {
      progressAtMs = now;
    } else if (now - progressAtMs > STALL_MS) {
      throw new Error(`nothing was committed for ${STALL_MS / 1000} s, at ${committed} of ${elements} elements`);
    }
    committed = Number(tally.applied);
    looks.push({ atMs: now, elements: committed });
    const share = committed / elements;
    if (begin === undefined && share >= MEASURED_FROM) {
      begin = { cpu: cpuSeconds(pids), elements: committed };
    }
    while (memory.ingest.length < MEMORY_AT.length && share >= (MEMORY_AT[memory.ingest.length] as number)) {
      memory.ingest.push(residentMib(system.pidOf('ingest-1')).now);
      memory.writer.push(residentMib(system.pidOf('writer-1')).now);
    }
  }
  const endMs = (looks.at(-1) as Observed).atMs;
  const endToEndSeconds = (endMs - startedMs) / 1000;
  const memoryMib = {
    ingest: { at: memory.ingest, peak: residentMib(pids.ingest).peak },
    writer: { at: memory.writer, peak: residentMib(pids.writer).peak },
  };
  if (begin === undefined || begin.elements === elements) {
    const unmeasured = { rowsPerSecond: null, elementsPerSecond: null, cpuSecondsPerMillionRows: null };
    return { rows, elements, endToEndSeconds, memoryMib, ...unmeasured };
  }
  const rowsPerElement = rows / elements;
  const seconds = (endMs - timeOf(elements * MEASURED_FROM, looks)) / 1000;
  const elementsPerSecond = (elements * (1 - MEASURED_FROM)) / seconds;
  const used = cpuSeconds(pids);
  const { cpu } = begin;
  const millions = ((elements - begin.elements) * rowsPerElement) / 1e6;
  return {
    rows,
    elements,
    rowsPerSecond: elementsPerSecond * rowsPerElement,
    elementsPerSecond,
    endToEndSeconds,
    cpuSecondsPerMillionRows: Object.fromEntries(
      MEASURED_PROCESSES.map((name) => [name, (used[name] - cpu[name]) / millions]),
    ) as Record<MeasuredProcess, number>,
    memoryMib,
  };
}
