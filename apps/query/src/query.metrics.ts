import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, replicaLag } from '@chip/persistence';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Measures every request by route pattern (never by URL, which is unbounded). */
export function measureRequests(app: NestFastifyApplication, registry: Registry): void {
  const duration = new Histogram({
    name: 'chip_query_request_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onResponse', async (request, reply) => {
      duration
        .labels(request.method, request.routeOptions.url ?? 'none', String(reply.statusCode))
        .observe(reply.elapsedTime / 1000);
    });
}

/** Counts requests that needed no computation of their own. */
export class SharedAnswers {
  readonly #shared: Counter;

  constructor(registry: Registry) {
    this.#shared = new Counter({
      name: 'chip_query_shared_answers_total',
      help: 'Requests answered by what was computed for another one that asked for the same, by route.',
      labelNames: ['route'],
      registers: [registry],
    });
  }

  count(route: string): void {
    this.#shared.inc({ route });
  }
}

/**
 * Measures use and capacity of the connection pools, where requests queue first.
 *
 * @param pools by name; a pool that serves two purposes counts once, under the first
 */
export function measurePools(pools: Readonly<Record<string, Database>>, registry: Registry): void {
  const distinct = [
    ...new Map(
      Object.entries(pools)
        .reverse()
        .map(([name, database]) => [database, name]),
    ),
  ];
  new Gauge({
    name: 'chip_query_database_connections',
    help: 'Database connections by pool and state; waiting = requests without a connection; max = capacity.',
    labelNames: ['pool', 'state'],
    registers: [registry],
    collect() {
      for (const [database, pool] of distinct) {
        const { total, idle, waiting, max } = database.connections;
        this.labels(pool, 'busy').set(total - idle);
        this.labels(pool, 'idle').set(idle);
        this.labels(pool, 'waiting').set(waiting);
        this.labels(pool, 'max').set(max);
      }
    },
  });
}

/** A scrape must not wait for a database that does not answer, nor queue behind requests: it would lose the other metrics. */
const LAG_WITHIN_MS = 500;

/** Measures how far the data that this process reads lags behind. */
export function measureReplicaLag(database: Database, registry: Registry): void {
  new Gauge({
    name: 'chip_query_replica_lag_seconds',
    help: 'How far the server of READ_DATABASE_URL lags behind its primary; 0 on a primary, absent when it does not answer.',
    registers: [registry],
    async collect() {
      const lag = await Promise.race([
        replicaLag(database).catch(() => undefined),
        sleep(LAG_WITHIN_MS, undefined, { ref: false }),
      ]);
      if (lag === undefined) {
        this.remove();
      } else {
        this.set(lag);
      }
    },
  });
}
