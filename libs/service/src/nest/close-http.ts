import type { Server } from 'node:http';

/**
 * Takes no new connection, answers the requests that have begun, and cuts what is left after `timeoutMs`.
 *
 * Not Fastify's own `close`: it refuses requests on open connections, which could still be answered, and waits without end
 * for a connection on which no request has come.
 */
export async function closeHttp(server: Server, timeoutMs: number, onCut: () => void): Promise<void> {
  if (!server.listening) {
    return;
  }
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    onCut();
    server.closeAllConnections();
  }, timeoutMs);
  await closed;
  clearTimeout(timer);
}
