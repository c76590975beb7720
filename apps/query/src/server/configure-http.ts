/** The HTTP server around the routes: hooks, problems as answers, headers, and the OpenAPI page. */
import { readFileSync } from 'node:fs';
import { type HealthReport, type Logger, TRACING, type Tracing, watchCertificate } from '@chip/service';
import { CONFIG, LOGGER } from '@chip/service/nest';
import { NotFoundException } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { BrowserGuard } from '../access/browser-guard.ts';
import { runAs } from '../access/caller.ts';
import { readCertificate, renewCertificate } from '../access/certificate.ts';
import { Gate } from '../access/gate.ts';
import { RefusalPace } from '../access/refusal-pace.ts';
import { isPublic, routeRules, routesWithoutQuery } from '../access/rights.ts';
import { outlineOf } from '../access/routes.ts';
import {
  answerUnparsed,
  frameworkProblem,
  HttpErrorFilter,
  pathOf,
  type ProblemReply,
  sendProblem,
} from './http-error.filter.ts';
import { keepPatchDigits } from '../dead-letters/replays/patch-digits.ts';
import { answerAsSql } from './as-sql.ts';
import { compressAnswers } from './compression.ts';
import { securityHeaders } from './http-headers.ts';
import { serveDocument } from './openapi.ts';
import {
  LARGE_BODY_BYTES,
  LARGE_BODY_ROUTES,
  MAX_BODY_BYTES,
  MAX_CONNECTIONS,
  type QueryConfig,
} from '../query.config.ts';
import { Page } from '../page/page.ts';
import { serveSignIn } from '../sign-in/routes.ts';
import { SIGN_IN, type SignIn } from '../sign-in/sign-in.ts';
import { revalidate } from './revalidation.ts';
import { writeInTurns } from './answer-text.ts';
import { shareAnswers } from './shared-answers.ts';
import { measureRequests, SharedAnswers } from '../query.metrics.ts';
import { Problem } from '../http/problem.error.ts';
import { noParameters } from '../http/parameters.ts';
import { checkRequest, RequestCheck } from '../http/request-check.ts';
import { cutOffSlowReaders } from '../http/slow-readers.ts';
import { traceRequests } from './trace-requests.ts';

/** Fastify's own settings. Its router refuses some URLs before any filter of ours can see them. */
export const httpOptions = ({ TRUST_PROXY, HTTPS_CERTIFICATE, HTTPS_KEY }: HttpConfig) => ({
  bodyLimit: MAX_BODY_BYTES,
  // Fastify's HEAD routes run the whole GET, although no client reads the answer.
  exposeHeadRoutes: false,
  // Covers the first to the last byte of the body; without it a slow sender would hold its connection indefinitely.
  requestTimeout: 30_000,
  frameworkErrors: (error: unknown, _request: unknown, reply: unknown): void =>
    sendProblem(reply as ProblemReply, frameworkProblem(error)),
  clientErrorHandler: answerUnparsed,
  ...(TRUST_PROXY === undefined ? {} : { trustProxy: [...TRUST_PROXY] }),
  ...(HTTPS_CERTIFICATE === undefined || HTTPS_KEY === undefined
    ? {}
    : { https: readCertificate(HTTPS_CERTIFICATE, HTTPS_KEY) }),
});
type HttpConfig = Pick<QueryConfig, 'TRUST_PROXY' | 'HTTPS_CERTIFICATE' | 'HTTPS_KEY'>;

const withoutReasons = ({ status, checks }: HealthReport): object => ({
  status,
  checks: Object.fromEntries(Object.entries(checks).map(([name, { state }]) => [name, { state }])),
});

/** Sets up what surrounds every route: checks, problems, metrics, the page and the OpenAPI page. */
export async function configureHttp(app: NestFastifyApplication): Promise<void> {
  const config = app.get<QueryConfig>(CONFIG);
  const outline = outlineOf(app);
  const routes = Object.entries(outline.paths).map(([path, item]) => ({
    pattern: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`),
    methods: Object.keys(item).map((method) => method.toUpperCase()),
  }));
  const allowedMethods = (path: string): string[] =>
    routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods);
  const filter = new HttpErrorFilter(app.get<Logger>(LOGGER), allowedMethods);
  app.useGlobalPipes(new RequestCheck());
  app.useGlobalFilters(filter);
  const server = app.getHttpServer();
  server.maxConnections = MAX_CONNECTIONS;
  // Node takes the larger of the two for the body, and the one for the head is 60 s.
  server.headersTimeout = server.requestTimeout;
  const guard = new BrowserGuard(config.ALLOWED_HOSTS ?? [], config.AUTH_MODE !== 'none');
  const gate = app.get(Gate);
  const refusals = new RefusalPace();
  const rules = routeRules(outline);
  answerAsSql(app);
  keepPatchDigits(app);
  const withoutQuery = routesWithoutQuery(outline);
  await compressAnswers(app);
  const page = await Page.serve(app, app.get<Logger>(LOGGER));
  serveSignIn(app, config.AUTH_MODE, app.get<SignIn | null>(SIGN_IN));
  const callers = new WeakMap<object, Parameters<typeof runAs>[0]>();
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRoute', (route) => {
    if (LARGE_BODY_ROUTES.has(route.url)) {
      route.bodyLimit = LARGE_BODY_BYTES;
    }
  });
  // Runs before the body is read, so that a refused caller sends none.
  fastify.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders(pathOf(request), request.protocol === 'https'));
    try {
      guard.check(request);
      const { url } = request.routeOptions;
      if (url === undefined && page?.isView(request, pathOf(request))) {
        return page.send(reply as unknown as Parameters<Page['send']>[0]);
      }
      // Answers before Fastify reads a body or judges its type: what counts is that no such route exists.
      if (url === undefined) {
        throw new NotFoundException();
      }
      if (!isPublic(url)) {
        const route = `${request.method} ${url}`;
        const rule = rules.get(route) ?? { right: 'change', cost: 'write' };
        callers.set(request, { caller: await gate.admit(request, rule), cost: rule.cost });
        if (withoutQuery.has(route)) {
          checkRequest(request.query, noParameters);
        }
      }
    } catch (error) {
      if (error instanceof Problem && error.status === 401 && !(await refusals.wait(request.raw.socket))) {
        // An answer that nobody gets costs as much as one that arrives.
        return reply.hijack();
      }
      filter.answer(error, request, reply as unknown as Parameters<HttpErrorFilter['answer']>[2]);
      return reply;
    }
    return undefined;
  });
  // Reasons name hosts and accounts. Where callers are asked who they are, only the management port tells them.
  if (!gate.isOpen) {
    fastify.addHook('preSerialization', async ({ routeOptions: { url } }, _reply, payload) =>
      url?.startsWith('/health/') ? withoutReasons(payload as HealthReport) : payload,
    );
  }
  // Runs after the body is read, because the events of reading lose the context of the request.
  fastify.addHook('preHandler', (request, _reply, done) => {
    const known = callers.get(request);
    if (known) {
      runAs(known, done);
    } else {
      done();
    }
  });
  if (config.HTTPS_CERTIFICATE !== undefined && config.HTTPS_KEY !== undefined) {
    const { HTTPS_CERTIFICATE } = config;
    renewCertificate(app, HTTPS_CERTIFICATE, config.HTTPS_KEY);
    watchCertificate(app.get(Registry), 'HTTPS_CERTIFICATE', () => readFileSync(HTTPS_CERTIFICATE, 'utf8'));
  }
  writeInTurns(app);
  shareAnswers(app, (request) => callers.get(request)?.caller, new SharedAnswers(app.get(Registry)));
  revalidate(app);
  cutOffSlowReaders(app, config.EXPORT_STALL_SECONDS * 1000);
  measureRequests(app, app.get(Registry));
  const tracing = app.get<Tracing | null>(TRACING);
  if (tracing !== null) {
    traceRequests(app, tracing);
  }
  serveDocument(app);
}
