/** Plain clients of the servers under test, without code shared with the services. */
import kafkajs from 'kafkajs';
import pg from 'pg';
import '../../devstack/kafkajs-timers.ts';

/** Runs one statement and resolves with its rows. */
export type Sql = <Row extends object>(text: string, parameters?: readonly unknown[]) => Promise<Row[]>;

export function kafkaClient(brokers: string): kafkajs.Kafka {
  return new kafkajs.Kafka({
    clientId: 'faults-observer',
    brokers: brokers.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 20, maxRetryTime: 1_000 },
  });
}

/** An administrator's connection for the duration of the work. */
export async function withAdmin<T>(brokers: string, work: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
  const admin = kafkaClient(brokers).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** When the broker appended the last record of a partition, by its own clock, ms since 1970. */
export async function lastAppendTime(brokers: string, topic: string, partition: number): Promise<number> {
  const high = await withAdmin(brokers, async (admin) =>
    Number((await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition)?.high),
  );
  const consumer = kafkaClient(brokers).consumer({ groupId: `faults-clock-${process.pid}-${Date.now()}` });
  await consumer.connect();
  try {
    const found = Promise.withResolvers<number>();
    const timer = setTimeout(() => found.reject(new Error(`${topic}/${partition} could not be read`)), 20_000);
    await consumer.subscribe({ topics: [topic] });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition: its, message }) => {
        if (its === partition && Number(message.offset) >= high - 1) {
          found.resolve(Number(message.timestamp));
        }
      },
    });
    consumer.seek({ topic, partition, offset: String(high - 1) });
    return await found.promise.finally(() => clearTimeout(timer));
  } finally {
    await consumer.disconnect();
  }
}

export function poolAt(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    application_name: 'faults',
    connectionTimeoutMillis: 5_000,
    // A fault may set a limit on the database: it must not affect the observer.
    options: '-c statement_timeout=0',
  });
  // The server is stopped under it repeatedly.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}
