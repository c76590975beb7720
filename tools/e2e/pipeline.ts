/**
 * The services as separate processes on the given servers, for tests that look at the system from outside: with plain
 * clients that share no code with it. Topics are emptied, the database is a copy of a migrated one. One pipeline at a time per broker: it
 * uses the topics and groups of the machines, which no other test uses; except with a prefix of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { STREAMS } from '@chip/contracts';
import {
  createEmptyDatabase,
  createMigratedDatabase,
  dropDatabase,
  freePort,
  kafkaAccess,
  requiredEnv,
  waitFor,
  withDatabase,
  withoutKafkaAccess,
} from '@chip/testing';
import kafkajs, { type Admin, type Kafka, type Message, type Producer } from 'kafkajs';
import pg from 'pg';
import '../devstack/kafkajs-timers.ts';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { NODE_FLAGS, type ServiceName } from '../devstack/processes/services.ts';

const TOPICS = STREAMS.flatMap(({ source, accepted, deadLetters }) => [source, accepted, deadLetters] as string[]);
const GROUPS = STREAMS.flatMap(({ ingestGroup, writerGroup }) => [ingestGroup, writerGroup] as string[]);

/** Characters to keep of a service's output. */
const MOST_OUTPUT = 100_000;

export interface Service {
  readonly process: ChildProcess;
  readonly url: string;
  /** The end of its output. */
  output(): string;
  /** Its exit code, or null after a signal, once all of its output is in its log. */
  readonly ended: Promise<number | null>;
}

export interface Letter {
  readonly key: string;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

export class Pipeline {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  readonly database: pg.Client;
  readonly #serverUrl = requiredEnv('DATABASE_URL');
  readonly #databaseName = `e2e_${randomBytes(6).toString('hex')}`;
  readonly #databaseUrl: string;
  readonly #brokers: string;
  /** Before the name of every topic and group on the brokers; messages and positions name them without it. */
  readonly #prefix: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #services = new Set<Service>();
  readonly #further: { readonly name: string; readonly client: pg.Client }[] = [];

  private constructor(ownBrokers: string | undefined, prefix: string) {
    const brokers = ownBrokers ?? requiredEnv('KAFKA_BROKERS');
    this.#databaseUrl = withDatabase(this.#serverUrl, this.#databaseName);
    this.#brokers = brokers;
    this.#prefix = prefix;
    this.#environment = ownBrokers === undefined ? process.env : withoutKafkaAccess();
    this.kafka = new kafkajs.Kafka({
      brokers: brokers.split(','),
      ...kafkaAccess(this.#environment),
      clientId: 'e2e',
      logLevel: kafkajs.logLevel.NOTHING,
    });
    this.admin = this.kafka.admin();
    this.producer = this.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    this.database = new pg.Client({ connectionString: this.#databaseUrl });
  }

  /**
   * @param ownBrokers of a broker of the test's own, which lets this client in without a name
   * @param settings of the operator's commands, instead of the tests' own
   */
  static create(ownBrokers?: string, settings: Record<string, string> = {}): Promise<Pipeline> {
    return Pipeline.#create('', { ownBrokers, settings });
  }

  /** With a database that the operator gives its schema, as on a new server. */
  static createFromNothing(): Promise<Pipeline> {
    return Pipeline.#create('', { empty: true });
  }

  /** On the brokers of all tests, with topics and groups of its own: other pipelines may run there at the same time. */
  static createApart(): Promise<Pipeline> {
    return Pipeline.#create(`apart-${randomBytes(6).toString('hex')}.`);
  }

  static async #create(
    prefix: string,
    {
      ownBrokers,
      settings = {},
      empty = false,
    }: { ownBrokers?: string | undefined; settings?: Record<string, string>; empty?: boolean } = {},
  ): Promise<Pipeline> {
    const pipeline = new Pipeline(ownBrokers, prefix);
    if (empty) {
      await createEmptyDatabase(pipeline.#serverUrl, pipeline.#databaseName);
      await pipeline.#migrate(pipeline.#databaseUrl);
    } else {
      await pipeline.#createDatabase(pipeline.#databaseName);
    }
    await pipeline.admin.connect();
    await pipeline.#emptyTopics();
    await pipeline.run('operator', 'topics', ['create'], settings);
    await pipeline.producer.connect();
    await pipeline.database.connect();
    return pipeline;
  }

  /** Starts one instance and waits until it is ready. @throws with its output if it ends first */
  async start(name: ServiceName, env: Record<string, string> = {}): Promise<Service> {
    const service = await this.launch(name, env);
    const { process: child } = service;
    await waitFor(async () => child.exitCode !== null || (await fetch(`${service.url}/health/ready`)).ok, Boolean, {
      // A service that ends is noticed at once; on a busy machine several that start together take long.
      timeoutMs: 120_000,
      intervalMs: 100,
    });
    if (child.exitCode !== null) {
      await service.ended;
      // Another process may have taken the free port first.
      if (env['PORT'] === undefined && service.output().includes('EADDRINUSE')) {
        return this.start(name, env);
      }
      throw new Error(`${name} ended with ${child.exitCode}:\n${service.output()}`);
    }
    return service;
  }

  /** Starts one instance. */
  async launch(name: ServiceName, env: Record<string, string> = {}): Promise<Service> {
    const port = Number(env['PORT'] ?? (await freePort()));
    mkdirSync(path.join(REPOSITORY_ROOT, 'tools/test-results'), { recursive: true });
    const log = createWriteStream(path.join(REPOSITORY_ROOT, `tools/test-results/e2e-${name}-${port}.log`));
    const child = spawn(process.execPath, [...NODE_FLAGS, path.join(REPOSITORY_ROOT, `apps/${name}/dist/main.js`)], {
      env: { ...this.#env(), PORT: String(port), INSTANCE: `${name}-${port}`, AUTH_MODE: 'none', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.pipe(log, { end: false });
      stream.on('data', (text: Buffer) => (output = (output + text.toString()).slice(-MOST_OUTPUT)));
    }
    child.once('close', () => log.end());
    // Its last output arrives after its exit.
    const ended = once(log, 'close').then(() => child.exitCode);
    const service = { process: child, url: `http://127.0.0.1:${port}`, output: () => output, ended };
    this.#services.add(service);
    return service;
  }

  /** Ends an instance with a signal; resolves with its exit code, or null if the signal itself ended it. */
  async end(service: Service, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#services.delete(service);
    service.process.kill(signal);
    return service.ended;
  }

  /** Runs a command of an app to its end. @throws with its output if it fails */
  async run(app: string, entry: string, args: string[], env: Record<string, string> = {}): Promise<string> {
    const child = spawn(process.execPath, [path.join(REPOSITORY_ROOT, `apps/${app}/dist/${entry}.js`), ...args], {
      env: { ...this.#env(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (output += text.toString()));
    const [code] = (await once(child, 'close')) as [number];
    if (code !== 0) {
      throw new Error(`${app} ${entry} ${args.join(' ')} ended with ${code}:\n${output}`);
    }
    return output;
  }

  async produce(topic: string, messages: Message[]): Promise<void> {
    for (let from = 0; from < messages.length; from += 2000) {
      await this.producer.send({ topic: this.#prefix + topic, acks: -1, messages: messages.slice(from, from + 2000) });
    }
  }

  async one<T>(sql: string, values: unknown[] = []): Promise<T> {
    return (await this.database.query(sql, values)).rows[0] as T;
  }

  /** Creates a further database with the schema, which `close` removes. @returns its URL and a connection */
  async addDatabase(): Promise<{ url: string; client: pg.Client }> {
    const name = `${this.#databaseName}_${this.#further.length + 2}`;
    const url = withDatabase(this.#serverUrl, name);
    const client = new pg.Client({ connectionString: url });
    // A test may end its sessions; then the next query fails.
    client.on('error', () => undefined);
    this.#further.push({ name, client });
    await this.#createDatabase(name);
    await client.connect();
    return { url, client };
  }

  /** Waits until every stored position equals the end of its machine partition. */
  async untilIdle(timeoutMs = 150_000): Promise<void> {
    await waitFor(
      async () => {
        const read = await Promise.all(
          [this.database, ...this.#further.map(({ client }) => client)].map((client) =>
            client.query<{ key: string; next: string }>(
              `SELECT source_topic || '/' || source_partition AS key, next_offset AS next FROM stream_positions`,
            ),
          ),
        );
        // Of two databases, the one whose writers still load a topic is ahead.
        const rows = read.flatMap((one) => one.rows).sort((a, b) => Number(a.next) - Number(b.next));
        const positions = new Map(rows.map(({ key, next }) => [key, Number(next)]));
        const behind: string[] = [];
        for (const { source: topic } of STREAMS) {
          for (const { partition, high } of await this.admin.fetchTopicOffsets(this.#prefix + topic)) {
            if (Number(high) !== (positions.get(`${topic}/${partition}`) ?? 0)) {
              behind.push(`${topic}/${partition}: ${positions.get(`${topic}/${partition}`) ?? 'none'} of ${high}`);
            }
          }
        }
        return behind;
      },
      (behind) => behind.length === 0,
      { timeoutMs, intervalMs: 200 },
    );
  }

  /** Every dead letter of a machine topic. */
  async letters(source: string): Promise<Letter[]> {
    const topic = `${this.#prefix}${source}.dlq`;
    const ends = await this.admin.fetchTopicOffsets(topic);
    const expected = ends.reduce((sum, { high }) => sum + Number(high), 0);
    const letters: Letter[] = [];
    if (expected === 0) {
      return letters;
    }
    const groupId = `e2e-${randomBytes(6).toString('hex')}`;
    const consumer = this.kafka.consumer({ groupId });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const all = new Promise<void>((resolve) => {
      void consumer.run({
        autoCommit: false,
        eachMessage: async ({ message }) => {
          const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
          letters.push({
            key: String(message.key),
            value: message.value,
            headers: Object.fromEntries(headers) as Record<string, string>,
          });
          if (letters.length === expected) {
            resolve();
          }
        },
      });
    });
    await all;
    await consumer.disconnect();
    await this.admin.deleteGroups([groupId]);
    return letters;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#services].map((service) => this.end(service, 'SIGKILL')));
    const clients = [this.database, ...this.#further.map(({ client }) => client)];
    await Promise.allSettled([this.producer.disconnect(), ...clients.map((client) => client.end())]);
    await this.#emptyTopics().finally(() => this.admin.disconnect());
    for (const name of [this.#databaseName, ...this.#further.map((one) => one.name)]) {
      await dropDatabase(this.#serverUrl, name);
    }
  }

  /** As the operator does, who makes the one that is copied, unless another suite has. */
  #createDatabase(name: string): Promise<void> {
    return createMigratedDatabase(this.#serverUrl, name, (url) => this.#migrate(url));
  }

  #migrate(url: string): Promise<string> {
    return this.run('operator', 'db', ['migrate'], { DATABASE_URL: url });
  }

  #env(): NodeJS.ProcessEnv {
    return {
      ...this.#environment,
      KAFKA_BROKERS: this.#brokers,
      TOPIC_PREFIX: this.#prefix,
      GROUP_PREFIX: this.#prefix,
      DATABASE_URL: this.#databaseUrl,
      NODE_OPTIONS: '',
    };
  }

  async #emptyTopics(): Promise<void> {
    const [ownTopics, ownGroups] = [TOPICS, GROUPS].map((names) => names.map((name) => this.#prefix + name)) as [
      string[],
      string[],
    ];
    const existing = await this.admin.listTopics();
    const topics = ownTopics.filter((topic) => existing.includes(topic));
    if (topics.length > 0) {
      await this.admin.deleteTopics({ topics });
    }
    // Deletion continues in the background: a topic of the same name can be created only afterwards.
    await waitFor(
      async () => (await this.admin.listTopics()).filter((topic) => ownTopics.includes(topic)),
      (left) => left.length === 0,
    );
    // A killed member keeps its group alive until its session times out.
    await waitFor(
      async () => {
        const { groups } = await this.admin.listGroups();
        const left = groups.map(({ groupId }) => groupId).filter((group) => ownGroups.includes(group));
        if (left.length > 0) {
          await this.admin.deleteGroups(left);
        }
        return left;
      },
      (left) => left.length === 0,
      { timeoutMs: 60_000, intervalMs: 500 },
    );
  }
}
