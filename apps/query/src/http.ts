import { CONFIG, LOGGER, type Logger } from '@chip/service';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { BrowserGuard } from './access/browser-guard.ts';
import { frameworkProblem, HttpErrorFilter, pathOf, type ProblemReply, sendProblem } from './http-error.filter.ts';
import { securityHeaders } from './http-headers.ts';
import { buildDocument, serveDocument } from './openapi.ts';
import {
  LARGE_BODY_BYTES,
  LARGE_BODY_ROUTES,
  MAX_BODY_BYTES,
  MAX_CONNECTIONS,
  type QueryConfig,
} from './query.config.ts';
import { measureRequests } from './query.metrics.ts';
import { RequestCheck } from './request-check.ts';

/** Fastify's own settings. Its router refuses some URLs before any filter of ours could see them. */
export const HTTP_OPTIONS = {
  bodyLimit: MAX_BODY_BYTES,
  // A HEAD route of Fastify's runs its GET to the end without anybody to read the answer.
  exposeHeadRoutes: false,
  // From the first byte to the last of the body; without it one slow sender per connection stays for good.
  requestTimeout: 30_000,
  frameworkErrors: (error: unknown, _request: unknown, reply: unknown): void =>
    sendProblem(reply as ProblemReply, frameworkProblem(error)),
};

/** What surrounds every route: checks, problems, metrics and the OpenAPI page. */
export function configureHttp(app: NestFastifyApplication): void {
  const config = app.get<QueryConfig>(CONFIG);
  const document = buildDocument(app);
  const routes = Object.entries(document.paths).map(([path, item]) => ({
    pattern: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`),
    methods: Object.keys(item).map((method) => method.toUpperCase()),
  }));
  const allowedMethods = (path: string): string[] =>
    routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods);
  const filter = new HttpErrorFilter(app.get<Logger>(LOGGER), allowedMethods);
  app.useGlobalPipes(new RequestCheck());
  app.useGlobalFilters(filter);
  app.getHttpServer().maxConnections = MAX_CONNECTIONS;
  const guard = new BrowserGuard(config.ALLOWED_HOSTS ?? [], config.AUTH_MODE !== 'none');
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRoute', (route) => {
    if (LARGE_BODY_ROUTES.has(route.url)) {
      route.bodyLimit = LARGE_BODY_BYTES;
    }
  });
  fastify.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders(pathOf(request)));
    try {
      guard.check(request.method, request.headers);
    } catch (error) {
      filter.answer(error, request, reply as unknown as Parameters<HttpErrorFilter['answer']>[2]);
      return reply;
    }
    return undefined;
  });
  measureRequests(app, app.get(Registry));
  serveDocument(app, document);
}
