/** A steady load of samples and inspections: how long from publishing until a subscriber of the database sees it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../devstack/processes/wait-for.ts';
import { inspectionBacklog, telemetryBacklog } from '../data/machine-data.ts';
import { SteadyStream } from '../data/steady-stream.ts';
import { latenciesOf, type Latencies } from '../results/numbers.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import type { CaseDatabase } from '../system/case-database.ts';
import { cpuSeconds, residentMib } from '../system/process-usage.ts';
import { FirstSeen } from './first-seen.ts';

export interface SteadyOptions {
  /** Samples per second. */
  readonly rate: number;
  readonly seconds: number;
  readonly repeat: number;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
}

const MEASURED = ['ingest', 'writer', 'postgres', 'kafka'] as const;
type Measured = (typeof MEASURED)[number];
/** With the machines and the session that looks, without what they have started. */
export const PROCESSES = [...MEASURED, 'bench'] as const;
type Process = (typeof PROCESSES)[number];
export const STREAMS = ['samples', 'inspections'] as const;
type Stream = (typeof STREAMS)[number];

export interface SteadyRound {
  /** ms from publishing until visible, of one element in each tick. */
  readonly visible: Readonly<Record<Stream, Latencies & { readonly looked: number }>>;
  readonly cpuSeconds: Readonly<Record<Process, number>>;
  readonly peakMib: Readonly<Record<'ingest' | 'writer', number>>;
}

export interface SteadyResult {
  readonly perSecond: Readonly<Record<Stream, number>>;
  readonly seconds: number;
  /** Samples and measurements that came while it measured. */
  readonly rows: number;
  readonly rounds: readonly SteadyRound[];
}

/** Of an inspection. */
const MEASUREMENTS = 10;
const SAMPLES_PER_INSPECTION = 100;
/** What one machine measures at a time. */
const SAMPLES_PER_RECORD = 10;
const TICK_MS = 20;
/** Not measured: the broker's compiler alone takes a minute until it leaves the processors to the load. */
const WARM_UP_SECONDS = 60;
const VISIBLE_WITHIN_MS = 60_000;

export async function measureSteady(system: BenchSystem, options: SteadyOptions): Promise<SteadyResult> {
  const { rate, seconds, repeat, progress, signal } = options;
  const perSecond = { samples: rate, inspections: rate / SAMPLES_PER_INSPECTION };
  const rounds: SteadyRound[] = [];
  for (let number = 1; number <= repeat; number += 1) {
    signal.throwIfAborted();
    progress(`round ${number} of ${repeat}: ${seconds} s`);
    await system.freshTopics();
    rounds.push(await system.withDatabase((database) => oneRound(system, database, perSecond, options)));
  }
  const rows = (perSecond.samples + perSecond.inspections * MEASUREMENTS) * seconds;
  return { perSecond, seconds, rows, rounds };
}

const SEEN: Readonly<Record<Stream, (database: CaseDatabase) => Promise<FirstSeen>>> = {
  samples: (database) =>
    FirstSeen.of(
      database,
      { service: 'text', metric: 'text', at: 'timestamptz' },
      `SELECT FROM system_metrics m WHERE m.service_name = service AND m.metric_name = metric AND m.time = at`,
    ),
  inspections: (database) =>
    FirstSeen.of(
      database,
      { lot: 'text', chip: 'text' },
      `SELECT FROM inspections i JOIN lots l ON l.id = i.lot_id WHERE l.site = 'fab1' AND l.lot_id = lot AND i.chip_id = chip`,
    ),
};

async function oneRound(
  system: BenchSystem,
  database: CaseDatabase,
  perSecond: Readonly<Record<Stream, number>>,
  { seconds, signal }: SteadyOptions,
): Promise<SteadyRound> {
  return system.withServices(['ingest', 'writer'], database, async ({ ready }) => {
    await ready;
    // Some more than needed, because ending takes a moment.
    const warmUp = Math.min(seconds, WARM_UP_SECONDS);
    const lasting = warmUp + seconds + 30;
    const nowMs = Date.now();
    const backlogs = {
      samples: telemetryBacklog(perSecond.samples * lasting, SAMPLES_PER_RECORD, nowMs),
      inspections: inspectionBacklog(perSecond.inspections * lasting, MEASUREMENTS, nowMs, lasting * 1000),
    };
    const seen = { samples: await SEEN.samples(database), inspections: await SEEN.inspections(database) };
    const streams = await Promise.all(
      STREAMS.map((stream) =>
        SteadyStream.begin(system, backlogs[stream], {
          elementsPerSecond: perSecond[stream],
          tickMs: TICK_MS,
          onTick: (record, dueMs) => seen[stream].lookFor(KEYS[stream](backlogs[stream].record(record).value), dueMs),
        }),
      ),
    );
    try {
      await sleep(warmUp * 1000, undefined, { signal });
      const before = cpuNow(system);
      const fromMs = performance.now();
      await sleep(seconds * 1000, undefined, { signal });
      const after = cpuNow(system);
      const toMs = performance.now();
      const peakMib = {
        ingest: residentMib(system.pidsOf('ingest')).peak,
        writer: residentMib(system.pidsOf('writer')).peak,
      };
      await Promise.all(streams.map((stream) => stream.end()));
      await everythingVisible(database, streams, Object.values(seen), signal);
      const visible = (stream: Stream) => {
        const times = seen[stream].times.filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs).map(({ ms }) => ms);
        return { ...latenciesOf(times), looked: times.length };
      };
      return {
        visible: { samples: visible('samples'), inspections: visible('inspections') },
        cpuSeconds: each((name) => after[name] - before[name]),
        peakMib,
      };
    } finally {
      await Promise.all([...streams, ...Object.values(seen)].map((one) => one.end()));
    }
  });
}

const each = (value: (name: Process) => number): Record<Process, number> =>
  Object.fromEntries(PROCESSES.map((name) => [name, value(name)])) as Record<Process, number>;

function cpuNow(system: BenchSystem): Record<Process, number> {
  const { user, system: inKernel } = process.cpuUsage();
  const pids = Object.fromEntries(MEASURED.map((name) => [name, system.pidsOf(name)])) as Record<Measured, number[]>;
  return { ...cpuSeconds(pids), bench: (user + inKernel) / 1e6 };
}

interface Sample {
  readonly service_name: string;
  readonly metric_name: string;
  readonly time: string;
}

/** What identifies the row of a record's last element. */
const KEYS: Readonly<Record<Stream, (value: string) => string[]>> = {
  samples: (value) => {
    const { service_name: service, metric_name: metric, time } = (JSON.parse(value) as Sample[]).at(-1) as Sample;
    return [service, metric, time];
  },
  inspections: (value) => {
    const { lot_id: lot, chip_id: chip } = JSON.parse(value) as { lot_id: string; chip_id: string };
    return [lot, chip];
  },
};

/** What was published must be there, each once. */
async function everythingVisible(
  database: CaseDatabase,
  streams: readonly SteadyStream[],
  seen: readonly FirstSeen[],
  signal: AbortSignal,
): Promise<void> {
  for (const one of [...streams, ...seen]) {
    one.check();
  }
  const published = streams.map((stream) => stream.published).join(' samples and ');
  const stored = async (): Promise<string> => {
    const { samples, inspections } = await database.row<Record<Stream, string>>(
      `SELECT (SELECT count(*) FROM system_metrics) AS samples, (SELECT count(*) FROM inspections) AS inspections`,
    );
    return `${samples} samples and ${inspections}`;
  };
  const isThere = async () => !seen.some(({ isWaiting }) => isWaiting) && (await stored()) === published;
  if (!(await waitFor(isThere, VISIBLE_WITHIN_MS, signal))) {
    throw new Error(`${await stored()} inspections are visible; ${published} were published`);
  }
}
