/** Provides and starts both servers at the same time: downloads on first use, then settings, ports, start. */
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { readEnvFile, writeEnvFile, type Env } from '../env-file.ts';
import { checkGivenServers, givenServers } from './given-servers.ts';
import { KAFKA_READY_WITHIN_MS, kafkaReadiness, newId, prepareKafka, provideKafka, type KafkaPorts } from './kafka.ts';
import { cacheFolder, type StackFolder } from '../layout.ts';
import { startPart, type Part } from '../processes/part.ts';
import { LOOPBACK, type PortPicker } from '../processes/ports.ts';
import { Postgres } from './postgres.ts';
import { providePostgresPrograms } from './postgres-programs.ts';
import type { Report } from '../terminal/progress.ts';
import { together } from '../processes/together.ts';

export const usualPorts = { kafka: 9092, postgres: 55_432 };

export interface ServerOptions {
  readonly folder: StackFolder;
  readonly ports: PortPicker;
  readonly firstPorts: { readonly kafka: number; readonly postgres: number };
  /** False for data of a few minutes that no one keeps. */
  readonly isDurable: boolean;
  /** Brokers of a new cluster (default 1). */
  readonly brokers?: number;
  readonly report: Report;
  readonly signal: AbortSignal;
}

export interface StartedPart {
  readonly part: Part;
  readonly process: ChildProcess;
}

export interface Servers {
  readonly started: readonly StartedPart[];
  readonly env: Env;
}

interface Started {
  readonly started: readonly StartedPart[];
  readonly env: Env;
}

/** Starts the servers, except those that KAFKA_BROKERS and DATABASE_URL already name. */
export async function startServers(options: ServerOptions): Promise<Servers> {
  const given = givenServers(process.env);
  await checkGivenServers(given);
  const servers = await together(
    options.signal,
    async (signal) => (given['KAFKA_BROKERS'] ? undefined : startKafka({ ...options, signal })),
    async (signal) => (given['DATABASE_URL'] ? undefined : startPostgres({ ...options, signal })),
  );
  const started = servers.filter((server) => server !== undefined);
  return {
    started: started.flatMap((server) => server.started),
    env: Object.assign(given, ...started.map(({ env }) => env)) as Env,
  };
}

/** The same port as last time if it is free, so that a client's settings survive a restart. */
async function rememberedPort(
  { folder, ports }: ServerOptions,
  purpose: string,
  variable: string,
  first: number,
): Promise<number> {
  const file = path.join(folder.data, `${variable.toLowerCase()}.env`);
  const last = readEnvFile(file)?.[variable];
  const port = await ports.pick(purpose, Number(last ?? first), variable);
  writeEnvFile(file, { [variable]: String(port) });
  return port;
}

async function startKafka(options: ServerOptions): Promise<Started> {
  const { ports, firstPorts, brokers: count = 1, report } = options;
  const cluster: KafkaPorts[] = [
    {
      broker: await rememberedPort(options, 'Kafka', 'CHIP_KAFKA_PORT', firstPorts.kafka),
      controller: await rememberedPort(options, 'Kafka', 'CHIP_KAFKA_CONTROLLER_PORT', firstPorts.kafka + 100),
    },
  ];
  while (cluster.length < count) {
    cluster.push({
      broker: await ports.pick('Kafka', firstPorts.kafka + cluster.length),
      controller: await ports.pick('Kafka', firstPorts.kafka + 100 + cluster.length),
    });
  }
  const names = cluster.map((_, i) => `kafka-${i + 1}`);
  const started = await startCluster(options, names, cluster);
  const brokers = cluster.map(({ broker }) => `${LOOPBACK}:${broker}`).join(',');
  report('Kafka', `ready on ${brokers}`);
  return { started, env: { KAFKA_BROKERS: brokers } };
}

/** Starts the nodes of a cluster at the same time: none is ready before most of them are. */
export async function startCluster(
  { folder, isDurable, report, signal }: Pick<ServerOptions, 'folder' | 'isDurable' | 'report' | 'signal'>,
  names: readonly string[],
  cluster: readonly KafkaPorts[],
): Promise<StartedPart[]> {
  const programs = await provideKafka(cacheFolder(), folder.run, report, signal);
  report('Kafka', 'starting');
  const clusterId = newId();
  const parts: Part[] = [];
  for (const [i, name] of names.entries()) {
    parts.push({
      launch: await prepareKafka(programs, folder, { name, id: i + 1, cluster, isDurable, clusterId }, signal),
      readiness: () => kafkaReadiness(folder.run, name),
      readyWithinMs: KAFKA_READY_WITHIN_MS,
    });
  }
  return Promise.all(parts.map(async (part) => ({ part, process: await startPart(folder.run, part, signal) })));
}

async function startPostgres(options: ServerOptions): Promise<Started> {
  const { folder, firstPorts, isDurable, report, signal } = options;
  const port = await rememberedPort(options, 'PostgreSQL', 'CHIP_POSTGRES_PORT', firstPorts.postgres);
  const programs = await providePostgresPrograms(cacheFolder(), report, signal);
  report('PostgreSQL', 'starting');
  const postgres = new Postgres(programs, folder, { port, isDurable });
  const part: Part = {
    launch: await postgres.prepare(signal),
    readiness: () => () => postgres.isReady(),
    // Replaying the log of a crashed server takes time.
    readyWithinMs: 180_000,
  };
  const process = await startPart(folder.run, part, signal);
  await postgres.createDatabase(signal);
  report('PostgreSQL', `ready on ${LOOPBACK}:${port}`);
  return { started: [{ part, process }], env: postgres.environment() };
}
