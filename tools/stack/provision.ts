/** Provides and starts the two servers, both at the same time: downloads on first use, then settings, ports, start. */
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { readEnvFile, writeEnvFile, type Env } from './env-file.ts';
import { checkJava, kafkaReadiness, prepareKafka, provideKafka } from './kafka.ts';
import { cacheFolder, type StackFolder } from './layout.ts';
import { startPart, type Part } from './part.ts';
import { loopback, type PortPicker } from './ports.ts';
import { Postgres } from './postgres.ts';
import { providePostgresPrograms } from './postgres-programs.ts';
import type { Report } from './progress.ts';

export interface ServerOptions {
  readonly folder: StackFolder;
  readonly ports: PortPicker;
  readonly isDurable: boolean;
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

interface ChosenPorts {
  readonly broker: number;
  readonly controller: number;
  readonly postgres: number;
}

/** What KAFKA_BROKERS and DATABASE_URL name already is used as it is. */
export async function startServers(options: ServerOptions): Promise<Servers> {
  const ports = await choosePorts(options);
  const failure = new AbortController();
  const both = { ...options, signal: AbortSignal.any([options.signal, failure.signal]) };
  const starts = [
    process.env['KAFKA_BROKERS'] ? undefined : startKafka(both, ports),
    process.env['DATABASE_URL'] ? undefined : startPostgres(both, ports),
  ];
  try {
    const servers = (await Promise.all(starts)).filter((server) => server !== undefined);
    return {
      started: servers.map(({ started }) => started),
      env: Object.assign(givenServers(), ...servers.map(({ env }) => env)) as Env,
    };
  } catch (error) {
    // The other one is still at work: it has to be over before the caller cleans up.
    failure.abort();
    await Promise.allSettled(starts);
    throw error;
  }
}

/** The same ports as last time where they are free, so that a client's settings outlive a restart. */
async function choosePorts({ folder, ports, report }: ServerOptions): Promise<ChosenPorts> {
  const file = path.join(folder.data, 'ports.env');
  const last = readEnvFile(file) ?? {};
  const pick = async (name: string, standard: number) => {
    const preferred = Number(last[name] ?? standard);
    const port = await ports.pick(name, preferred, name);
    if (port !== preferred) {
      report('ports', `${preferred} is taken, ${name} is ${port}`);
    }
    return port;
  };
  const chosen = {
    broker: await pick('KAFKA_PORT', 9092),
    controller: await pick('KAFKA_CONTROLLER_PORT', 9192),
    postgres: await pick('POSTGRES_PORT', 55_432),
  };
  writeEnvFile(file, {
    KAFKA_PORT: String(chosen.broker),
    KAFKA_CONTROLLER_PORT: String(chosen.controller),
    POSTGRES_PORT: String(chosen.postgres),
  });
  return chosen;
}

function givenServers(): Env {
  const env: Env = {};
  for (const name of ['KAFKA_BROKERS', 'DATABASE_URL', 'PG_BIN']) {
    const value = process.env[name];
    if (value) {
      env[name] = value;
    }
  }
  for (const name of ['WRITER_DATABASE_URL', 'QUERY_DATABASE_URL', 'READER_DATABASE_URL']) {
    const value = process.env[name] ?? env['DATABASE_URL'];
    if (value) {
      env[name] = value;
    }
  }
  return env;
}

async function startKafka(
  { folder, report, signal }: ServerOptions,
  { broker, controller }: ChosenPorts,
): Promise<{ started: StartedPart; env: Env }> {
  await checkJava();
  const jars = await provideKafka(cacheFolder(), report, signal);
  report('Kafka', 'starting');
  const part: Part = {
    launch: await prepareKafka(jars, folder, { broker, controller }, signal),
    readiness: () => kafkaReadiness(folder.run),
    readyWithinMs: 60_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 15_000,
  };
  const process = await startPart(folder.run, part, signal);
  const brokers = `${loopback}:${broker}`;
  report('Kafka', `ready on ${brokers}`);
  return { started: { part, process }, env: { KAFKA_BROKERS: brokers } };
}

async function startPostgres(
  { folder, isDurable, report, signal }: ServerOptions,
  { postgres: port }: ChosenPorts,
): Promise<{ started: StartedPart; env: Env }> {
  const programs = await providePostgresPrograms(cacheFolder(), report, signal);
  report('PostgreSQL', 'starting');
  const postgres = new Postgres(programs, folder, { port, isDurable });
  const part: Part = {
    launch: await postgres.prepare(signal),
    readiness: () => () => postgres.isReady(),
    // Replaying the log of a crashed server takes its time.
    readyWithinMs: 120_000,
    // The fast shutdown: open transactions are rolled back instead of waited for.
    stopSignal: 'SIGINT',
    stopWithinMs: 30_000,
  };
  const process = await startPart(folder.run, part, signal);
  await postgres.createDatabase(signal);
  report('PostgreSQL', `ready on ${loopback}:${port}`);
  return { started: { part, process }, env: postgres.environment() };
}
