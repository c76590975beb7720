/** The system under test: its own servers, services and files, with a handle to each for the faults. */
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { buildServices } from '../../devstack/commands/build.ts';
import { readEnvFile, type Env } from '../../devstack/env-file.ts';
import { REPOSITORY_ROOT, type StackFolder } from '../../devstack/layout.ts';
import { Membership } from '../../devstack/processes/membership.ts';
import { startPart, type Part } from '../../devstack/processes/part.ts';
import { LOOPBACK, PortPicker, portsAnywhere } from '../../devstack/processes/ports.ts';
import { endProcess, forgetPid, isAlive, launch, logFile, runningPid } from '../../devstack/processes/processes.ts';
import type { Report } from '../../devstack/terminal/progress.ts';
import { startCluster, startServers, type Servers, type StartedPart } from '../../devstack/servers/provision.ts';
import { runCommand } from '../../devstack/processes/run-command.ts';
import { describeServices } from '../../devstack/processes/services.ts';
import { sweep } from '../../devstack/processes/sweep.ts';
import { together } from '../../devstack/processes/together.ts';
import { waitFor } from '../../devstack/processes/wait-for.ts';
import { ENVIRONMENT } from '../load/stream.ts';
import { poolAt, withAdmin, type Sql } from './clients.ts';
import { PostgresProxy } from './proxy.ts';
import { Service } from './service.ts';

export interface SystemOptions {
  readonly folder: StackFolder;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** Brokers of the cluster (default 1). */
  readonly brokers?: number | undefined;
  /** Entry of the writers; a negative control puts a broken composition here. */
  readonly writerScript?: string | undefined;
  /** Checkout whose build runs (default: this one). */
  readonly checkout?: string | undefined;
}

const prefixes: Env = { TOPIC_PREFIX: ENVIRONMENT, GROUP_PREFIX: ENVIRONMENT };

/** Two of each: a fault in one must not go unnoticed for lack of a second. */
export const instances = { ingest: 2, writer: 2 };

export class SystemUnderTest {
  readonly folder: StackFolder;
  env: Env;
  readonly proxy: PostgresProxy;
  readonly sql: Sql;
  readonly signal: AbortSignal;
  readonly report: Report;
  /** Checkout whose build of the operator's commands is used from now on. */
  checkout: string;
  readonly #services: Service[];
  #servers: readonly Part[];
  readonly #pool: { current: pg.Pool };
  readonly membership: Membership;
  #extraWriters = 0;

  private constructor(
    { folder, signal, report, checkout = REPOSITORY_ROOT }: SystemOptions,
    env: Env,
    proxy: PostgresProxy,
    services: Service[],
    servers: readonly Part[],
    membership: Membership,
  ) {
    this.folder = folder;
    this.signal = signal;
    this.report = report;
    this.checkout = checkout;
    this.env = env;
    this.proxy = proxy;
    this.#services = services;
    this.#servers = servers;
    this.membership = membership;
    this.#pool = { current: poolAt(this.superuserUrl()) };
    this.sql = async (text, parameters) =>
      (await this.#pool.current.query(text, parameters as unknown[] | undefined)).rows as never;
  }

  static async start(options: SystemOptions): Promise<SystemUnderTest> {
    const { folder, report, signal, writerScript, brokers = 1, checkout = REPOSITORY_ROOT } = options;
    const ports = new PortPicker(report);
    const firstPorts = portsAnywhere();
    const [{ started, env: serversEnv }] = await together<[Servers, void]>(
      signal,
      (either) => startServers({ folder, ports, firstPorts, isDurable: true, brokers, report, signal: either }),
      (either) => buildServices(report, either),
    );
    const env = { ...serversEnv, ...prefixes };
    const proxy = await PostgresProxy.listen(Number(new URL(env['DATABASE_URL'] as string).port));
    const proxied = {
      ...env,
      WRITER_DATABASE_URL: atPort(env['WRITER_DATABASE_URL'] as string, proxy.port),
      INGEST_DATABASE_URL: atPort(env['INGEST_DATABASE_URL'] as string, proxy.port),
      QUERY_DATABASE_URL: atPort(env['QUERY_DATABASE_URL'] as string, proxy.port),
    };
    await runOperator(checkout, 'db', ['migrate'], env, signal);
    await runOperator(checkout, 'topics', ['create'], env, signal);
    const { parts } = await describeServices(instances, proxied, ports, firstPorts.services);
    const membership = new Membership(ENVIRONMENT);
    const services = parts.map((part) => new Service(folder.run, membership.join(withDebugger(part, writerScript))));
    services.forEach((service) => service.runFrom(checkout));
    const servers = started.map(({ part }) => part);
    const system = new SystemUnderTest(options, env, proxy, services, servers, membership);
    await Promise.all(services.map((service) => service.start(signal)));
    report('services', 'ready');
    return system;
  }

  get brokers(): string {
    return this.env['KAFKA_BROKERS'] as string;
  }

  names(project: 'ingest' | 'writer' | 'query'): string[] {
    return this.#services.map(({ name }) => name).filter((name) => name.startsWith(`${project}-`));
  }

  /** Returns a sentence about each foreign service that reads in our groups. */
  async strangers(): Promise<string[]> {
    return withAdmin(this.brokers, (admin) => this.membership.strangers(admin));
  }

  get serviceNames(): string[] {
    return this.#services.map(({ name }) => name);
  }

  superuserUrl(port = Number(new URL(this.env['DATABASE_URL'] as string).port)): string {
    const password = readEnvFile(path.join(this.folder.data, 'postgres-passwords.env'))?.['postgres'];
    return `postgresql://postgres:${password}@${LOOPBACK}:${port}/chip_quality`;
  }

  /** Another server took over: use it from now on. */
  async follow(port: number): Promise<void> {
    const former = this.#pool.current;
    this.#pool.current = poolAt(this.superuserUrl(port));
    await former.end();
  }

  pidOf(name: string): number {
    const pid = runningPid(this.folder.run, name);
    if (pid === undefined) {
      throw new Error(`${name} does not run`);
    }
    return pid;
  }

  /** Sends a signal; waits for a process that is being restarted right now. */
  async kill(name: string, signal: NodeJS.Signals): Promise<number> {
    await this.until(() => runningPid(this.folder.run, name) !== undefined, 15_000, `${name} runs`);
    const pid = this.pidOf(name);
    process.kill(pid, signal);
    return pid;
  }

  #service(name: string): Service {
    return this.#services.find((service) => service.name === name) as Service;
  }

  holdDown(names: readonly string[], signal: NodeJS.Signals): Promise<unknown> {
    return Promise.all(names.map((name) => this.#service(name).hold(signal)));
  }

  startAgain(names: readonly string[]): Promise<unknown> {
    return Promise.all(names.map((name) => this.#service(name).start(this.signal)));
  }

  /** A service runs the build of this checkout from its next start on. */
  runFrom(name: string, checkout: string): void {
    this.#service(name).runFrom(checkout);
  }

  /** Runs a writer that is in the group for a while. */
  async withExtraWriter(stay: () => Promise<void>, ending: NodeJS.Signals): Promise<void> {
    this.#extraWriters += 1;
    const name = `writer-${100 + this.#extraWriters}`;
    const { part } = this.#service('writer-1');
    const extra = this.membership.join({ ...part, launch: { ...part.launch, name } }).launch;
    const child = launch(this.folder.run, { ...extra, env: { ...extra.env, PORT: '0' } });
    try {
      await stay();
    } finally {
      await endProcess(child.pid as number, ending, 30_000);
      forgetPid(this.folder.run, name);
    }
  }

  /** The brokers of the cluster. */
  get kafkaNames(): string[] {
    return this.#servers.map(({ launch: { name } }) => name).filter((name) => name.startsWith('kafka-'));
  }

  /** The process of a broker, by the id that clients see. */
  brokerName(id: number): string | undefined {
    return this.kafkaNames[id - 1];
  }

  /** Starts an empty cluster of one broker next to the current one. @returns its address */
  async startOtherCluster(): Promise<string> {
    const { folder, report, signal } = this;
    const ports = new PortPicker(report);
    const { kafka } = portsAnywhere();
    const node = { broker: await ports.pick('Kafka', kafka), controller: await ports.pick('Kafka', kafka + 100) };
    const name = `kafka-${this.kafkaNames.length + 1}`;
    const [started] = await startCluster({ folder, isDurable: true, report, signal }, [name], [node]);
    this.#servers = [...this.#servers, (started as StartedPart).part];
    return `${LOOPBACK}:${node.broker}`;
  }

  /** Everything started from now on uses this cluster; the former brokers end. Services are down. */
  async moveTo(brokers: string): Promise<void> {
    const former = this.kafkaNames.slice(0, -1);
    this.env = { ...this.env, KAFKA_BROKERS: brokers };
    this.#services.forEach((service) => (service.env = { KAFKA_BROKERS: brokers }));
    for (const name of former.filter((one) => runningPid(this.folder.run, one) !== undefined)) {
      await this.stopServer(name, 'SIGTERM');
    }
    this.#servers = this.#servers.filter(({ launch: { name } }) => !former.includes(name));
  }

  #server(name: string): Part {
    return this.#servers.find(({ launch: { name: its } }) => its === name) as Part;
  }

  /** Ends a server with a signal and waits until it is gone. */
  async stopServer(name: string, signal: NodeJS.Signals): Promise<void> {
    const pid = this.pidOf(name);
    process.kill(pid, signal);
    await this.until(() => !isAlive(pid), 60_000, `${name} has ended`);
  }

  /** @param env in addition to what the server usually gets */
  async startServer(name: string, env: Env = {}): Promise<void> {
    const part = this.#server(name);
    const launchWith = { ...part.launch, env: { ...part.launch.env, ...env } };
    await startPart(this.folder.run, { ...part, launch: launchWith }, this.signal);
  }

  /** The postmaster and all its backends. */
  postgresPids(): number[] {
    const postmaster = this.pidOf('postgres-1');
    return [postmaster, ...childrenOf(postmaster)];
  }

  restarts(): number {
    return this.#services.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  url(name: string): string {
    return `http://${LOOPBACK}:${this.#service(name).part.launch.env['PORT']}`;
  }

  async operator(entry: string, args: readonly string[]): Promise<string> {
    const { stdout } = await runOperator(this.checkout, entry, args, this.env, this.signal);
    return stdout;
  }

  logOf(name: string): string {
    return readFileSync(logFile(this.folder.run, name), 'utf8');
  }

  async until(condition: () => boolean | Promise<boolean>, withinMs: number, what: string): Promise<void> {
    if (!(await waitFor(condition, withinMs, this.signal))) {
      throw new Error(`waited ${withinMs / 1000} s in vain until ${what}`);
    }
  }

  /** Ends everything and deletes its data; keeps the logs in case they are needed. */
  static async remove(folder: StackFolder, report: Report, system: SystemUnderTest | undefined): Promise<void> {
    await system?.letGo();
    await sweep(folder.run, report);
    for (const disk of mountsBelow(folder.data)) {
      await runCommand('umount', ['-l', disk], { onFailure: `unmount ${disk}, which a fault has left behind` });
    }
    rmSync(folder.data, { recursive: true, force: true });
  }

  /** Stops supervising the services, wakes what a fault has frozen, closes our connections. */
  async letGo(): Promise<void> {
    this.#services.forEach((service) => service.giveUp());
    this.wakeAll();
    await this.proxy.close();
    await Promise.race([this.#pool.current.end(), sleep(2_000, undefined, { ref: false })]);
  }

  wakeAll(): void {
    for (const name of [...this.serviceNames, ...this.kafkaNames, 'postgres-1']) {
      const pid = runningPid(this.folder.run, name);
      for (const one of pid === undefined ? [] : [pid, ...childrenOf(pid)]) {
        try {
          process.kill(one, 'SIGCONT');
        } catch {
          // It ended meanwhile.
        }
      }
    }
  }
}

/** Mounts that the fault "disk full" leaves behind if it is killed itself. */
function mountsBelow(folder: string): string[] {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  return mounts.map((line) => line.split(' ')[1] ?? '').filter((place) => place.startsWith(`${folder}/`));
}

function atPort(url: string, port: number): string {
  const moved = new URL(url);
  moved.port = String(port);
  return moved.href;
}

/** SIGUSR1 opens the debugger, which can block the event loop; each process uses its own port. */
function withDebugger(part: Part, writerScript: string | undefined): Part {
  const { launch: usual } = part;
  const isWriter = usual.name.startsWith('writer-');
  return {
    ...part,
    launch: {
      ...usual,
      args: isWriter && writerScript !== undefined ? [writerScript] : usual.args,
      env: { ...usual.env, ...prefixes, NODE_OPTIONS: `--inspect-port=${LOOPBACK}:0` },
    },
  };
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((candidate) => {
      try {
        const stat = readFileSync(`/proc/${candidate}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
      } catch {
        return false;
      }
    });
}

export function runOperator(checkout: string, entry: string, args: readonly string[], env: Env, signal: AbortSignal) {
  return runCommand(process.execPath, [path.join(checkout, 'apps', 'operator', 'dist', `${entry}.js`), ...args], {
    cwd: checkout,
    env: { ...process.env, ...env },
    signal,
    onFailure: `see the lines above; "npm run ${entry} -- --help" explains the command`,
  });
}
