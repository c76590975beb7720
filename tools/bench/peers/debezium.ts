/**
 * Debezium's JDBC sink on Kafka Connect. It inserts rows in batches, and needs a type for each field, which the converter
 * of JSON takes from its settings. No type of the sink turns an object into `jsonb`: its rows have no tags, and the index on
 * tags costs it nothing.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { javaProgram, LOG4J_VERSION, provideJars } from '../../devstack/servers/kafka.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import type { CaseDatabase } from '../system/case-database.ts';
import type { Peer } from './peer.ts';

const VERSION = '3.4.0.Final';
/** The first whose converter takes a schema from its settings. It works with older brokers. */
const CONNECT_VERSION = '4.2.1';
/** As many as Telegraf has connections. */
const TASKS = 4;
const BATCH_ROWS = 10_000;

const SCHEMA = {
  type: 'struct',
  fields: [
    { field: 'time', type: 'string', name: 'io.debezium.time.ZonedTimestamp' },
    { field: 'service_name', type: 'string' },
    { field: 'metric_name', type: 'string' },
    { field: 'metric_value', type: 'double' },
    { field: 'host', type: 'string' },
  ],
};

const properties = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${String(value).replaceAll('\\', '\\\\')}\n`)
    .join('');

export class Debezium implements Peer {
  readonly storesTags = false;
  readonly #jars: string;

  private constructor(jars: string) {
    this.#jars = jars;
  }

  /** Fetches it once into the cache. Needs Java and Maven, as the broker does. */
  static async provide(cache: string, progress: (what: string) => void, signal: AbortSignal): Promise<Debezium> {
    const jars = await provideJars(
      cache,
      `debezium-jdbc-${VERSION}`,
      [
        ['org.apache.kafka', 'connect-runtime', CONNECT_VERSION],
        ['org.apache.kafka', 'connect-json', CONNECT_VERSION],
        ['io.debezium', 'debezium-connector-jdbc', VERSION],
        // Otherwise nothing says why a task has ended. By itself it writes errors only.
        ['org.apache.logging.log4j', 'log4j-slf4j-impl', LOG4J_VERSION],
      ],
      () => progress(`downloading Debezium's JDBC sink ${VERSION} with Maven (73 MB)`),
      signal,
    );
    return new Debezium(jars);
  }

  /** One object per record: a sample. */
  reads({ records, elements }: { records: number; elements: number }): boolean {
    return records === elements;
  }

  launch(system: BenchSystem, database: CaseDatabase, { topic }: { topic: string }) {
    const folder = path.join(system.dataFolder, 'debezium');
    mkdirSync(folder, { recursive: true });
    const write = (name: string, values: Readonly<Record<string, string | number>>): string => {
      const file = path.join(folder, name);
      writeFileSync(file, properties(values), { mode: 0o600 });
      return file;
    };
    const worker = write('worker.properties', {
      'bootstrap.servers': system.brokers.join(','),
      'offset.storage.file.filename': path.join(folder, 'offsets'),
      listeners: 'http://127.0.0.1:0',
      // Otherwise it looks through all classes, which takes seconds.
      'plugin.discovery': 'service_load',
      'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schema.content': JSON.stringify(SCHEMA),
      'connector.client.config.override.policy': 'All',
      'offset.flush.interval.ms': 1_000,
    });
    const url = new URL(database.url('DATABASE_URL'));
    const sink = write('sink.properties', {
      name: 'debezium',
      'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
      'tasks.max': TASKS,
      topics: topic,
      'connection.url': `jdbc:postgresql://${url.host}${url.pathname}?reWriteBatchedInserts=true`,
      'connection.username': decodeURIComponent(url.username),
      'connection.password': decodeURIComponent(url.password),
      'insert.mode': 'insert',
      'primary.key.mode': 'none',
      'schema.evolution': 'none',
      'collection.name.format': 'system_metrics',
      'batch.size': BATCH_ROWS,
      'consumer.override.auto.offset.reset': 'earliest',
      'consumer.override.max.poll.records': BATCH_ROWS,
    });
    const program = 'org.apache.kafka.connect.cli.ConnectStandalone';
    return {
      command: javaProgram(),
      args: ['-Xmx1g', '-cp', path.join(this.#jars, '*'), program, worker, sink],
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    };
  }
}
