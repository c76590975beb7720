/** The pipeline under observation: its own servers, services and load, with a Prometheus and an Alertmanager. */
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import kafkajs, { type Admin, type Kafka, type Message, type Producer } from 'kafkajs';
import pg from 'pg';
import { parse } from 'yaml';
import '../../../devstack/kafkajs-timers.ts';
import { NX } from '../../../devstack/commands/build.ts';
import { readEnvFile, type Env } from '../../../devstack/env-file.ts';
import { REPOSITORY_ROOT, type StackFolder } from '../../../devstack/layout.ts';
import { type Part, startPart } from '../../../devstack/processes/part.ts';
import { LOOPBACK, PortPicker, portsAnywhere } from '../../../devstack/processes/ports.ts';
import { endProcess, forgetPid, runningPid } from '../../../devstack/processes/processes.ts';
import { runCommand } from '../../../devstack/processes/run-command.ts';
import { describeServices, describeSimulator } from '../../../devstack/processes/services.ts';
import { sweep } from '../../../devstack/processes/sweep.ts';
import { together } from '../../../devstack/processes/together.ts';
import { startServers, type Servers } from '../../../devstack/servers/provision.ts';
import type { Report } from '../../../devstack/terminal/progress.ts';
import { providePrograms, type Programs } from '../../programs.ts';
import { provideExporters, type Exporters } from '../../exporters.ts';
import { alertmanagerPart, answersOk, exporterPart, prometheusPart, type Target } from '../../servers.ts';
import type { Rules } from '../../rules.ts';

export interface SystemOptions {
  readonly folder: StackFolder;
  readonly rules: Rules;
  /** Where the Alertmanager delivers. */
  readonly receiverUrl: string;
  readonly report: Report;
  readonly signal: AbortSignal;
}

const END_WITHIN_MS = 30_000;
/** The second query service, which an accident slows down, and a scrape of it would not wait for. */
const PATIENT = '5s';
/** Described, and started by accidents. */
const SPARE = 'writer-2';

export class ObservedSystem {
  readonly folder: StackFolder;
  readonly report: Report;
  readonly signal: AbortSignal;
  readonly admin: Admin;
  readonly prometheusUrl: string;
  readonly queryUrl: string;
  /** Of the second query service, which answers over HTTPS. */
  readonly certificate: string;
  readonly env: Env;
  readonly #producer: Producer;
  readonly #superuser: pg.Pool;
  readonly #parts: ReadonlyMap<string, Part>;
  readonly #over: (() => void)[] = [];

  private constructor(
    { folder, report, signal }: SystemOptions,
    facts: {
      env: Env;
      kafka: Kafka;
      parts: readonly Part[];
      prometheusUrl: string;
      queryUrl: string;
      certificate: string;
    },
  ) {
    this.folder = folder;
    this.report = report;
    this.signal = signal;
    this.env = facts.env;
    this.admin = facts.kafka.admin();
    this.#producer = facts.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    this.#parts = new Map(facts.parts.map((part) => [part.launch.name, part]));
    this.prometheusUrl = facts.prometheusUrl;
    this.queryUrl = facts.queryUrl;
    this.certificate = facts.certificate;
    this.#superuser = new pg.Pool({ connectionString: this.superuserUrl() });
    // The drill stops the server under its connections.
    this.#superuser.on('error', () => undefined);
    this.#superuser.on('connect', (client) => client.on('error', () => undefined));
  }

  static async start(options: SystemOptions): Promise<ObservedSystem> {
    const { folder, report, signal, rules, receiverUrl } = options;
    const ports = new PortPicker(report);
    const firstPorts = portsAnywhere();
    const [{ started, env }, programs, exporters] = await together<[Servers, Programs, Exporters, void]>(
      signal,
      (either) => startServers({ folder, ports, firstPorts, isDurable: false, report, signal: either }),
      (either) => providePrograms(report, either),
      (either) => provideExporters(report, either),
      (either) => build(report, either),
    );
    await runOperator('db', ['migrate'], env, signal);
    await runOperator('topics', ['create'], env, signal);
    const { parts: plain, urls } = await describeServices({ query: 2, writer: 2 }, env, ports, firstPorts.services);
    const certificate = path.join(folder.data, 'query.pem');
    const management = await ports.pick('query-2', firstPorts.services + 200);
    const services = await Promise.all(
      plain.map((part) =>
        part.launch.name === 'query-2' ? withHttps(part, certificate, management, signal) : Promise.resolve(part),
      ),
    );
    const prometheusPort = await ports.pick('Prometheus', firstPorts.services + 210);
    const alertmanagerPort = await ports.pick('Alertmanager', firstPorts.services + 220);
    const nodePort = await ports.pick('node exporter', firstPorts.services + 230);
    const backupPort = await ports.pick('exporter of pgBackRest', firstPorts.services + 240);
    const targets: Target[] = [
      ...urls.ingest.map((url) => ({ job: 'ingest', url })),
      ...urls.writer.map((url) => ({ job: 'writer', url })),
      { job: 'query', url: urls.query[0] as string },
      { job: 'query', url: `http://${LOOPBACK}:${management}`, every: PATIENT },
      { job: 'node', url: `http://${LOOPBACK}:${nodePort}` },
      { job: 'pgbackrest', url: `http://${LOOPBACK}:${backupPort}` },
    ];
    const parts = [
      ...started.map(({ part }) => part),
      ...services,
      describeSimulator(env),
      exporterPart('node-exporter-1', exporters.node, nodePort, [
        '--collector.disable-defaults',
        '--collector.filesystem',
      ]),
      exporterPart('pgbackrest-exporter-1', exporters.pgBackRest, backupPort, [
        `--backrest.config=${backupConfiguration(folder)}`,
        '--collect.interval=5',
      ]),
      alertmanagerPart(programs, alertmanagerPort, folder.data, alertmanagerConfig(receiverUrl)),
      prometheusPart(programs, {
        port: prometheusPort,
        folder: folder.data,
        targets,
        rules,
        alertmanagerPort,
      }),
    ];
    const kafka = new kafkajs.Kafka({
      brokers: (env['KAFKA_BROKERS'] as string).split(','),
      clientId: 'drill',
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const system = new ObservedSystem(options, {
      env,
      kafka,
      parts,
      prometheusUrl: `http://${LOOPBACK}:${prometheusPort}`,
      queryUrl: urls.query[0] as string,
      certificate,
    });
    await Promise.all([system.admin.connect(), system.#producer.connect()]);
    await together(
      signal,
      ...services
        .filter(({ launch }) => launch.name !== SPARE)
        .map((part) => (either: AbortSignal) => startPart(folder.run, part, either)),
    );
    for (const name of ['simulator-1', 'alertmanager-1', 'prometheus-1']) {
      await system.start(name);
    }
    report('system', `ready; Prometheus on ${system.prometheusUrl}`);
    return system;
  }

  /** Ends everything and deletes its data; the logs stay. */
  static async remove(folder: StackFolder, report: Report, system?: ObservedSystem): Promise<void> {
    await system?.letGo();
    await sweep(folder.run, report);
    rmSync(folder.data, { recursive: true, force: true });
  }

  async letGo(): Promise<void> {
    for (const name of this.#parts.keys()) {
      this.signalTo(name, 'SIGCONT');
    }
    this.#over.forEach((step) => step());
    await Promise.allSettled([this.#producer.disconnect(), this.admin.disconnect(), this.#superuser.end()]);
  }

  /** Of pgBackRest, which an accident sets up. */
  get backupConfiguration(): string {
    return backupConfiguration(this.folder);
  }

  /** Calls this when the system is removed. */
  whenOver(step: () => void): void {
    this.#over.push(step);
  }

  /** @param port of the server (default: the one that the services use) */
  superuserUrl(port?: number): string {
    const url = new URL(this.env['DATABASE_URL'] as string);
    url.username = 'postgres';
    url.password = String(readEnvFile(path.join(this.folder.data, 'postgres-passwords.env'))?.['postgres']);
    url.port = String(port ?? url.port);
    return url.href;
  }

  /** Runs a statement as superuser. */
  async sql<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.#superuser.query(text, values)).rows as T[];
  }

  /** A session of its own, as superuser. */
  async session(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.superuserUrl() });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  produce(topic: string, messages: Message[]): Promise<unknown> {
    return this.#producer.send({ topic, acks: -1, messages });
  }

  /** Does nothing for a process that is gone. */
  signalTo(name: string, signal: NodeJS.Signals): void {
    const pid = runningPid(this.folder.run, name);
    if (pid !== undefined) {
      process.kill(pid, signal);
    }
  }

  async stop(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const pid = runningPid(this.folder.run, name);
    if (pid !== undefined) {
      await endProcess(pid, signal, END_WITHIN_MS);
      forgetPid(this.folder.run, name);
    }
  }

  /** @param variables in addition to its own, until it is started without them */
  async start(name: string, variables: Env = {}): Promise<void> {
    const part = this.#parts.get(name) as Part;
    const launch = { ...part.launch, env: { ...part.launch.env, ...variables } };
    await startPart(this.folder.run, { ...part, launch }, this.signal);
  }

  async operator(entry: string, args: readonly string[]): Promise<void> {
    await runOperator(entry, args, this.env, this.signal);
  }
}

const backupConfiguration = ({ data }: StackFolder): string => path.join(data, 'pgbackrest.conf');

/** The shipped configuration: it delivers to the receiver of the drill, at once. */
function alertmanagerConfig(receiverUrl: string): object {
  const file = path.join(REPOSITORY_ROOT, 'monitoring', 'alertmanager.yaml');
  const text = readFileSync(file, 'utf8')
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, receiverUrl)
    .replaceAll(/(group_wait|group_interval): \w+/g, '$1: 1s');
  return parse(text) as object;
}

/** Metrics and health move to a port of their own, because Prometheus does not know the certificate. */
async function withHttps(part: Part, certificate: string, management: number, signal: AbortSignal): Promise<Part> {
  const key = `${certificate}.key`;
  await runCommand(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'],
      ...['-subj', '/CN=drill', '-keyout', key, '-out', certificate],
    ],
    { signal, onFailure: 'install openssl' },
  );
  const env = { HTTPS_CERTIFICATE: certificate, HTTPS_KEY: key, MANAGEMENT_PORT: String(management) };
  return {
    ...part,
    launch: { ...part.launch, env: { ...part.launch.env, ...env } },
    readiness: () => () => answersOk(`http://${LOOPBACK}:${management}/health/ready`),
  };
}

async function build(report: Report, signal: AbortSignal): Promise<void> {
  report('build', 'building the services');
  const projects = 'ingest,writer,query,operator,machines';
  await runCommand(NX, ['run-many', '-t', 'build', '-p', projects, '--outputStyle=static'], {
    cwd: REPOSITORY_ROOT,
    signal,
    onFailure: 'fix the source that does not build, then try again',
  });
}

async function runOperator(entry: string, args: readonly string[], env: Env, signal: AbortSignal): Promise<void> {
  await runCommand(process.execPath, [path.join(REPOSITORY_ROOT, 'apps/operator/dist', `${entry}.js`), ...args], {
    cwd: REPOSITORY_ROOT,
    env: { ...process.env, ...env },
    signal,
    onFailure: 'see the lines above',
  });
}
