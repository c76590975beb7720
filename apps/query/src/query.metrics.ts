import { type Database } from '@chip/persistence';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Gauge, Histogram, type Registry } from 'prom-client';

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

/** Measures use and capacity of the connection pool, where requests queue first. */
export function measurePool(database: Database, registry: Registry): void {
  new Gauge({
    name: 'chip_query_database_connections',
    help: 'Database connections by state; waiting = requests without a connection; max = capacity.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { total, idle, waiting, max } = database.connections;
      this.labels('busy').set(total - idle);
      this.labels('idle').set(idle);
      this.labels('waiting').set(waiting);
      this.labels('max').set(max);
    },
  });
}
