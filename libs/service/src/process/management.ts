import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Registry } from 'prom-client';
import { type Health, type HealthReport } from '../health/health.ts';

/** The second port of a service: health and metrics for probes and Prometheus, without API keys. */
export interface Management {
  readonly url: string;
  close(): Promise<void>;
}

export async function listenForManagement(options: {
  readonly health: Health;
  readonly registry: Registry;
  readonly host: string;
  readonly port: number;
}): Promise<Management> {
  const { health, registry, host, port } = options;
  const routes: Readonly<Record<string, (response: ServerResponse) => Promise<void>>> = {
    '/health/live': async (response) => answer(response, await health.live()),
    '/health/ready': async (response) => answer(response, await health.ready()),
    '/metrics': async (response) => {
      const metrics = await registry.metrics();
      response.writeHead(200, { 'content-type': registry.contentType }).end(metrics);
    },
  };
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const route = request.method === 'GET' && Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (!route) {
      response.writeHead(404).end();
      return;
    }
    route(response).catch(() => response.destroy());
  });
  server.maxConnections = 100;
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(response: ServerResponse, report: HealthReport): void {
  response
    .writeHead(report.status === 'up' ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(report));
}
