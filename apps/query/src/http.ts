import { LOGGER, type Logger } from '@chip/service';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { frameworkProblem, HttpErrorFilter, type ProblemReply, sendProblem } from './http-error.filter.ts';
import { buildDocument, serveDocument } from './openapi.ts';
import { MAX_BODY_BYTES } from './query.config.ts';
import { measureRequests } from './query.metrics.ts';
import { RequestCheck } from './request-check.ts';

/** Fastify's own settings. Its router refuses some URLs before any filter of ours could see them. */
export const HTTP_OPTIONS = {
  bodyLimit: MAX_BODY_BYTES,
  frameworkErrors: (error: unknown, _request: unknown, reply: unknown): void =>
    sendProblem(reply as ProblemReply, frameworkProblem(error)),
};

/** What surrounds every route: checks, problems, metrics and the OpenAPI page. */
export function configureHttp(app: NestFastifyApplication): void {
  const document = buildDocument(app);
  const routes = Object.entries(document.paths).map(([path, item]) => ({
    pattern: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`),
    methods: Object.keys(item).map((method) => method.toUpperCase()),
  }));
  const allowedMethods = (path: string): string[] =>
    routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods);
  app.useGlobalPipes(new RequestCheck());
  app.useGlobalFilters(new HttpErrorFilter(app.get<Logger>(LOGGER), allowedMethods));
  measureRequests(app, app.get(Registry));
  serveDocument(app, document);
}
