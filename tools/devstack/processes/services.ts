/** The services of the pipeline as processes of the stack. */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Env } from '../env-file.ts';
import { REPOSITORY_ROOT } from '../layout.ts';
import type { Part } from './part.ts';
import { LOOPBACK, type PortPicker } from './ports.ts';

/** Against what hangs: a process that ends is noticed at once, and a busy machine may need minutes. */
const READY_WITHIN_MS = 180_000;

/**
 * Flags of every service, also in the image. On a large machine V8 lets the young generation grow to 200 MiB and the old
 * one to four times its live objects before it collects garbage; the records of a backlog are garbage at once. With a
 * limit below 2,000 MiB the old generation at most doubles; `doubleHeap` of libs/service lets it double.
 * docs/performance.md has the figures. Source maps name the file and line of the source in the stack of an error: the build
 * of a service is one file.
 */
export const NODE_FLAGS = ['--max-semi-space-size=8', '--max-old-space-size=1900', '--enable-source-maps'];

/** Of the service whose ports begin first. */
const USUAL_FIRST_PORT = 3000;

interface ServiceEntry {
  /** What the local stack calls the service's DATABASE_URL: each is for a role of its PostgreSQL. */
  readonly databaseUrl: `${string}_DATABASE_URL`;
  /** Where the ports of its instances begin, above those of the stack. */
  readonly portOffset: number;
}

/**
 * Every service, in the order in which a stack ends them: from the machines to the readers. The local stack, the builds
 * for tests, docs/metrics.md, the variables in docs/deployment.md and the checks of the deployment derive from this list.
 */
const SERVICES = {
  ingest: { databaseUrl: 'INGEST_DATABASE_URL', portOffset: 1 },
  writer: { databaseUrl: 'WRITER_DATABASE_URL', portOffset: 101 },
  query: { databaseUrl: 'QUERY_DATABASE_URL', portOffset: 0 },
} as const satisfies Readonly<Record<string, ServiceEntry>>;

export type ServiceName = keyof typeof SERVICES;
export const SERVICE_NAMES = Object.keys(SERVICES) as readonly ServiceName[];

/** The variable in which `.local/stack.env` has the addresses of a service. */
export const urlVariable = (name: ServiceName): string => `${name.toUpperCase()}_URL`;

/** Instances of each service; 1 when absent. */
export type ServiceCounts = Readonly<Partial<Record<ServiceName, number>>>;

export interface Services {
  readonly parts: readonly Part[];
  /** Of every instance. */
  readonly urls: Readonly<Record<ServiceName, readonly string[]>>;
}

export async function describeServices(
  counts: ServiceCounts,
  servers: Env,
  ports: PortPicker,
  firstPort = USUAL_FIRST_PORT,
): Promise<Services> {
  const parts: Part[] = [];
  const urls = {} as Record<ServiceName, string[]>;
  for (const project of SERVICE_NAMES) {
    const { databaseUrl, portOffset } = SERVICES[project];
    const env = pick(servers, { KAFKA_BROKERS: 'KAFKA_BROKERS', DATABASE_URL: databaseUrl });
    urls[project] = [];
    for (let number = 1; number <= (counts[project] ?? 1); number += 1) {
      const instance = `${project}-${number}`;
      // A forced port is the first one's; the others are picked above it.
      const forcedBy = number === 1 ? `CHIP_${project.toUpperCase()}_PORT` : undefined;
      const port = await ports.pick(instance, firstPort + portOffset + number - 1, forcedBy);
      const own = project === 'query' ? { DATABASE_STATISTICS_MAX: statisticsAtOnce(), LETTER_REPLAY: 'on' } : {};
      parts.push(httpPart({ project, instance, port, env: { ...env, ...own } }));
      urls[project].push(urlAt(port));
    }
  }
  return { parts, urls };
}

/** `{ DATABASE_URL: 'WRITER_DATABASE_URL' }`: the service's DATABASE_URL is the stack's WRITER_DATABASE_URL. */
function pick(from: Env, names: Readonly<Record<string, string>>): Env {
  return Object.fromEntries(Object.entries(names).map(([name, source]) => [name, from[source] ?? '']));
}

/** The database is on this machine, too: half of its cores are left for the rest. */
const statisticsAtOnce = (): string => String(Math.min(5, Math.max(1, Math.floor(availableParallelism() / 2))));

interface HttpService {
  readonly project: string;
  readonly instance: string;
  readonly port: number;
  readonly env: Env;
}

function urlAt(port: number): string {
  return `http://${LOOPBACK}:${port}`;
}

function httpPart({ project, instance, port, env }: HttpService): Part {
  return {
    launch: nodeLaunch(project, instance, {
      ...env,
      PORT: String(port),
      HOST: LOOPBACK,
      AUTH_MODE: 'none',
      INSTANCE: instance,
    }),
    readiness: () => () => isReady(urlAt(port)),
    readyWithinMs: READY_WITHIN_MS,
  };
}

/** The synthetic fab has no endpoint; it counts as up unless it fails at once. */
export function describeSimulator(servers: Env): Part {
  const settleMs = 1_000;
  return {
    launch: nodeLaunch('machines', 'simulator-1', pick(servers, { KAFKA_BROKERS: 'KAFKA_BROKERS' })),
    readiness: () => {
      const began = performance.now();
      return () => performance.now() - began > settleMs;
    },
    readyWithinMs: READY_WITHIN_MS,
  };
}

function nodeLaunch(project: string, name: string, env: Env): Part['launch'] {
  return {
    name,
    command: process.execPath,
    args: [...NODE_FLAGS, path.join(REPOSITORY_ROOT, 'apps', project, 'dist', 'main.js')],
    env: { LOG_LEVEL: 'info', NODE_ENV: 'development', ...process.env, ...env },
    cwd: REPOSITORY_ROOT,
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
