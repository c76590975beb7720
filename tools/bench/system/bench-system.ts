/** The benchmark's own servers, and services on fresh topics and a fresh database for each case. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import kafkajs, { type Admin, type Kafka, type Producer } from 'kafkajs';
import pg from 'pg';
import '../../devstack/kafkajs-timers.ts';
import { buildServices } from '../../devstack/commands/build.ts';
import type { Env } from '../../devstack/env-file.ts';
import { REPOSITORY_ROOT, type StackFolder } from '../../devstack/layout.ts';
import { Membership } from '../../devstack/processes/membership.ts';
import { startPart, type Part } from '../../devstack/processes/part.ts';
import { PortPicker, portsAnywhere } from '../../devstack/processes/ports.ts';
import { endProcess, forgetPid, runningPid } from '../../devstack/processes/processes.ts';
import type { Report } from '../../devstack/terminal/progress.ts';
import { startServers } from '../../devstack/servers/provision.ts';
import { runCommand } from '../../devstack/processes/run-command.ts';
import { describeServices, type ServiceCounts, type ServiceName } from '../../devstack/processes/services.ts';
import { sweep } from '../../devstack/processes/sweep.ts';
import { together } from '../../devstack/processes/together.ts';
import { waitFor } from '../../devstack/processes/wait-for.ts';
import { CaseDatabase } from './case-database.ts';
import { MigratedOnce } from './migrated-once.ts';

const SERVICE_PORTS_FROM = 10_000;

export interface RunningServices {
  /** Settles when all of them report ready. */
  readonly ready: Promise<unknown>;
  readonly urls: { readonly query: string };
}

export interface BenchOptions {
  readonly folder: StackFolder;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** Whether the servers wait for their disk, as in production. */
  readonly isDurable: boolean;
  /** Where the CPU profiles of ingest and writer go. */
  readonly profileFolder?: string | undefined;
}

/** The usual ports of the services, moved to a range where no other command looks at the same time. */
class ServicePorts extends PortPicker {
  constructor() {
    super(() => {});
  }

  override pick(purpose: string, preferred: number): Promise<number> {
    return super.pick(purpose, SERVICE_PORTS_FROM + preferred);
  }
}

export class BenchSystem {
  readonly #options: BenchOptions;
  readonly #env: Env;
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #databases: MigratedOnce;
  readonly #membership = new Membership();
  #started: readonly string[] = [];

  private constructor(options: BenchOptions, env: Env) {
    this.#options = options;
    this.#env = env;
    this.#kafka = new kafkajs.Kafka({
      brokers: (env['KAFKA_BROKERS'] as string).split(','),
      clientId: 'bench',
      logLevel: kafkajs.logLevel.NOTHING,
    });
    this.#admin = this.#kafka.admin();
    this.#databases = new MigratedOnce(env['DATABASE_URL'] as string, (name) =>
      this.#operator('db', ['migrate'], {
        ...env,
        DATABASE_URL: new CaseDatabase(name, env).url('DATABASE_URL'),
      }),
    );
  }

  static async start(options: BenchOptions): Promise<BenchSystem> {
    const { folder, report, signal, isDurable } = options;
    const firstPorts = portsAnywhere();
    const [{ env }] = await together(
      signal,
      (either) =>
        startServers({ folder, ports: new PortPicker(report), firstPorts, isDurable, report, signal: either }),
      (either: AbortSignal) => buildServices(report, either),
    );
    const system = new BenchSystem(options, env);
    await system.#admin.connect();
    return system;
  }

  /** Ends everything that runs for a folder, including what an earlier run left behind, and deletes its data. */
  static async remove(
    { folder, report }: Pick<BenchOptions, 'folder' | 'report'>,
    system?: BenchSystem,
  ): Promise<void> {
    await system?.disconnect();
    await sweep(folder.run, report);
    rmSync(folder.data, { recursive: true, force: true });
  }

  async disconnect(): Promise<void> {
    // A broker that is gone already needs no disconnect.
    await this.#admin.disconnect().catch(() => {});
  }

  async versions(): Promise<Record<string, string>> {
    const client = new pg.Client({ connectionString: this.#env['DATABASE_URL'] });
    await client.connect();
    try {
      const { rows } = await client.query<{ postgres: string; timescale: string }>(
        `SELECT current_setting('server_version') AS postgres,
           (SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb') AS timescale`,
      );
      return {
        Node: process.versions.node,
        PostgreSQL: rows[0]?.postgres.split(' ')[0] ?? '',
        TimescaleDB: rows[0]?.timescale ?? '',
      };
    } finally {
      await client.end();
    }
  }

  /** Of a server, or of every instance of a service that runs now. */
  pidsOf(name: string): number[] {
    const { run } = this.#options.folder;
    const started = this.#started.filter((one) => one.startsWith(`${name}-`));
    return (started.length > 0 ? started : [`${name}-1`]).map((instance) => {
      const pid = runningPid(run, instance);
      if (pid === undefined) {
        throw new Error(`${instance} has ended; see its log in ${run}`);
      }
      return pid;
    });
  }

  /** Creates the topics as the operator does, without records. */
  async freshTopics(): Promise<void> {
    // Not at the top of the file: the benchmark runs before the libraries are built.
    const { STREAMS } = await import('@chip/contracts');
    const topics: readonly string[] = STREAMS.flatMap(({ source, accepted, deadLetters }) => [
      source,
      accepted,
      deadLetters,
    ]);
    const existing = (await this.#admin.listTopics()).filter((topic) => topics.includes(topic));
    if (existing.length > 0) {
      await this.#admin.deleteTopics({ topics: existing });
      const groups = (await this.#admin.listGroups()).groups.map(({ groupId }) => groupId);
      await this.#admin.deleteGroups(groups.filter((group) => group.startsWith('chip-')));
    }
    // Deletion continues in the background; a topic of the same name can be created only afterwards.
    const isGone = async () => !(await this.#admin.listTopics()).some((topic) => topics.includes(topic));
    if (!(await waitFor(isGone, 60_000, this.#options.signal))) {
      throw new Error('the topics of the previous case were not deleted within 60 s');
    }
    // Without a database: each case creates its own later.
    await this.#operator('topics', ['create'], { ...this.#env, DATABASE_URL: '' });
  }

  /** Runs `work` on its own migrated database. */
  async withDatabase<T>(work: (database: CaseDatabase) => Promise<T>): Promise<T> {
    const name = await this.#databases.create();
    const database = new CaseDatabase(name, this.#env);
    try {
      await database.client.connect();
      return await work(database);
    } finally {
      await database.client.end().catch(() => {});
      await this.#databases.drop(name);
    }
  }

  async #operator(entry: string, args: readonly string[], env: Env): Promise<void> {
    const script = path.join(REPOSITORY_ROOT, 'apps', 'operator', 'dist', `${entry}.js`);
    await runCommand(process.execPath, [script, ...args], {
      cwd: REPOSITORY_ROOT,
      env: { ...process.env, ...env },
      signal: this.#options.signal,
      onFailure: 'see the lines above',
    });
  }

  /** A connected client that publishes as machines do. */
  async producer(): Promise<Producer> {
    const producer = this.#kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      // A repeated request would store its records twice and yield more rows than records.
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    return producer;
  }

  async recordsOf(topic: string): Promise<number> {
    // A client that knew the topic before its deletion still asks its former leaders.
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      const ends = await admin.fetchTopicOffsets(topic);
      return ends.reduce((sum, { high }) => sum + Number(high), 0);
    } finally {
      await admin.disconnect();
    }
  }

  /** @throws when a foreign process reads in the groups of the services, which makes every measurement worthless */
  async refuseStrangers(): Promise<void> {
    const [stranger] = await this.#membership.strangers(this.#admin);
    if (stranger !== undefined) {
      throw new Error(stranger);
    }
  }

  /** Starts the named services on a case's database, runs the work, ends them. */
  async withServices<T>(
    names: readonly ServiceName[],
    database: Pick<CaseDatabase, 'url'>,
    work: (services: RunningServices) => Promise<T>,
    { settings = {}, instances = {} }: { readonly settings?: Env; readonly instances?: ServiceCounts } = {},
  ): Promise<T> {
    const env = { ...this.#env };
    for (const variable of ['WRITER_DATABASE_URL', 'INGEST_DATABASE_URL', 'QUERY_DATABASE_URL']) {
      env[variable] = database.url(variable);
    }
    const { parts, urls } = await describeServices(instances, env, new ServicePorts());
    const wanted = parts
      .filter(({ launch }) => names.some((name) => launch.name.startsWith(`${name}-`)))
      .map((part) => ({ ...part, launch: { ...part.launch, env: { ...part.launch.env, ...settings } } }))
      .map((part) => this.#membership.join(this.#profiled(part)));
    return this.withParts(wanted, (ready) => work({ ready, urls: { query: urls.query[0] as string } }));
  }

  /** Runs `work` beside a query service that is ready. @param work gets its URL */
  withQuery<T>(database: Pick<CaseDatabase, 'url'>, work: (url: string) => Promise<T>, settings: Env = {}): Promise<T> {
    return this.withServices(
      ['query'],
      database,
      async ({ ready, urls }) => {
        await ready;
        return work(urls.query);
      },
      { settings },
    );
  }

  /** Starts processes, runs the work, ends them. */
  async withParts<T>(parts: readonly Part[], work: (ready: Promise<unknown>) => Promise<T>): Promise<T> {
    const { folder, signal } = this.#options;
    const names = parts.map(({ launch }) => launch.name);
    try {
      this.#started = names;
      const ready = Promise.all(parts.map((part) => startPart(folder.run, part, signal)));
      // A caller that does not wait for it learns of a failure from the missing process.
      ready.catch(() => {});
      return await work(ready);
    } finally {
      this.#started = [];
      await Promise.all(
        names.map(async (name) => {
          const pid = runningPid(folder.run, name);
          if (pid !== undefined) {
            await endProcess(pid, 'SIGTERM', 30_000);
            forgetPid(folder.run, name);
          }
        }),
      );
    }
  }

  #profiled<P extends { launch: { args: readonly string[] } }>(part: P): P {
    const folder = this.#options.profileFolder;
    if (folder === undefined) {
      return part;
    }
    const { launch } = part;
    return { ...part, launch: { ...launch, args: ['--cpu-prof', `--cpu-prof-dir=${folder}`, ...launch.args] } };
  }

  /** Runs psql on a case's database; its input is a script. */
  async psql(database: CaseDatabase, script: string): Promise<void> {
    const url = new URL(database.url('DATABASE_URL'));
    await runCommand(
      path.join(this.#env['PG_BIN'] as string, 'psql'),
      ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1'],
      {
        input: script,
        signal: this.#options.signal,
        env: {
          ...process.env,
          PGHOST: url.hostname,
          PGPORT: url.port,
          PGUSER: url.username,
          // Not as an argument, which every user of the machine can read.
          PGPASSWORD: url.password,
          PGDATABASE: database.name,
        },
        onFailure: 'see the lines above',
      },
    );
  }

  get brokers(): readonly string[] {
    return (this.#env['KAFKA_BROKERS'] as string).split(',');
  }

  /** Deleted at the end. */
  get dataFolder(): string {
    return this.#options.folder.data;
  }

  get rowsFile(): string {
    return path.join(this.dataFolder, 'rows.copy');
  }
}
