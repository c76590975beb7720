/** The services of the pipeline as processes of the stack. */
import path from 'node:path';
import type { Env } from '../env-file.ts';
import { REPOSITORY_ROOT } from '../layout.ts';
import type { Part } from './part.ts';
import { LOOPBACK, type PortPicker } from './ports.ts';

const READY_WITHIN_MS = 60_000;

/**
 * Flags of every service, also in the image. On a large machine V8 lets the young generation grow to 200 MiB before it
 * collects garbage; the records of a backlog are garbage at once, and 16 MiB per half cost no measurable time.
 */
export const NODE_FLAGS = ['--max-semi-space-size=16'];

/** First port of query; ingest follows on the next ports, writer a hundred above. */
const USUAL_FIRST_PORT = 3000;

export interface ServiceCounts {
  readonly ingest: number;
  readonly writer: number;
}

export interface Services {
  readonly parts: readonly Part[];
  /** By project name. */
  readonly urls: { readonly ingest: string[]; readonly writer: string[]; readonly query: string[] };
}

export async function describeServices(
  { ingest, writer }: ServiceCounts,
  servers: Env,
  ports: PortPicker,
  firstPort = USUAL_FIRST_PORT,
): Promise<Services> {
  const several = async (project: string, count: number, first: number, variable: string, env: Env) => {
    const services: HttpService[] = [];
    for (let number = 1; number <= count; number += 1) {
      // A forced port is the first one's; the others are picked above it.
      const port = await ports.pick(`${project}-${number}`, first + number - 1, number === 1 ? variable : undefined);
      services.push({ project, instance: `${project}-${number}`, port, env });
    }
    return services;
  };
  const kafka = pick(servers, { KAFKA_BROKERS: 'KAFKA_BROKERS' });
  const groups = {
    query: await several('query', 1, firstPort, 'CHIP_QUERY_PORT', {
      ...kafka,
      ...pick(servers, { DATABASE_URL: 'QUERY_DATABASE_URL' }),
    }),
    ingest: await several('ingest', ingest, firstPort + 1, 'CHIP_INGEST_PORT', {
      ...kafka,
      ...pick(servers, { DATABASE_URL: 'INGEST_DATABASE_URL' }),
    }),
    writer: await several('writer', writer, firstPort + 101, 'CHIP_WRITER_PORT', {
      ...kafka,
      ...pick(servers, { DATABASE_URL: 'WRITER_DATABASE_URL' }),
    }),
  };
  const urlsOf = (services: readonly HttpService[]) => services.map(({ port }) => urlAt(port));
  return {
    parts: Object.values(groups).flat().map(httpPart),
    urls: { ingest: urlsOf(groups.ingest), writer: urlsOf(groups.writer), query: urlsOf(groups.query) },
  };
}

/** `{ DATABASE_URL: 'WRITER_DATABASE_URL' }`: the service's DATABASE_URL is the stack's WRITER_DATABASE_URL. */
function pick(from: Env, names: Readonly<Record<string, string>>): Env {
  return Object.fromEntries(Object.entries(names).map(([name, source]) => [name, from[source] ?? '']));
}

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
