/**
 * Each route answers with each code that the document names for it. 401, 403 and 429 are in access.int-spec.ts, success and 304 in
 * openapi.int-spec.ts; 404 and 409 of writes where their route is tested.
 */
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OpenAPIObject } from '@nestjs/swagger';
import { openStage, QueryApp, type Stage } from './query-app.ts';
import { BODIES } from './request-bodies.ts';

interface Named {
  readonly method: string;
  readonly path: string;
  readonly codes: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly hasBody: boolean;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly example?: unknown;
  readonly schema: {
    readonly type?: string;
    readonly format?: string;
    readonly example?: unknown;
    readonly enum?: readonly unknown[];
  };
}
interface Sent {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

let stage: Stage;
let withoutDatabase: QueryApp;
/** In front of a database that lost its tables. */
let broken: Stage;
let impatient: QueryApp;
let routes: Named[];
beforeAll(async () => {
  stage = await openStage();
  // Nothing listens there.
  withoutDatabase = await QueryApp.start('postgresql://nobody:none@127.0.0.1:1/none');
  broken = await openStage();
  await broken.db.database.query('DROP SCHEMA public CASCADE');
  impatient = await QueryApp.start(stage.db.url, {}, { requestTimeoutMs: 200 });
  const { body } = await stage.app.get<OpenAPIObject>('/openapi.json');
  type Operation = { responses: object; parameters?: Parameter[]; requestBody?: object };
  routes = Object.entries(body.paths).flatMap(([path, item]) =>
    (Object.entries(item) as [string, Operation][]).map(([method, { responses, parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      codes: Object.keys(responses),
      parameters,
      hasBody: requestBody !== undefined,
    })),
  );
}, 60_000);
afterAll(async () => {
  await impatient?.stop();
  await broken?.end();
  await withoutDatabase?.stop();
  await stage?.end();
});

/** A value that nothing has, of the form that the route asks for. */
function unknownOf({ schema }: Parameter): string {
  const byForm: Readonly<Record<string, string>> = { uuid: '00000000-0000-4000-8000-000000000000', integer: '0' };
  return byForm[schema.format ?? ''] ?? byForm[schema.type ?? ''] ?? String(schema.enum?.[0] ?? 'nosuch');
}

/** The URL of a route with the examples of its required parameters, or with a text for every part of its path. */
function urlOf({ path, parameters }: Named, part?: string): string {
  const valueOf = ({ example, schema }: Parameter): string =>
    encodeURIComponent(String(example ?? schema.example ?? schema.enum?.[0] ?? 'x'));
  const given = (where: string) => parameters.filter((one) => one.in === where && one.required);
  const filled = given('path').reduce((url, parameter) => {
    return url.replace(`{${parameter.name}}`, part ?? unknownOf(parameter));
  }, path);
  return `${filled}?${given('query')
    .map((parameter) => `${parameter.name}=${valueOf(parameter)}`)
    .join('&')}`;
}

async function codeOf(app: QueryApp, url: string, { method, headers, body }: Sent): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(app.url + url, { method, headers: { connection: 'close', ...headers } }, (response) => {
      void text(response).catch(() => undefined);
      response.once('error', () => undefined);
      resolve(String(response.statusCode));
      response.destroy();
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** @returns a connection on which the head of a request has arrived up to `bytes` before its end */
async function begin(app: QueryApp, route: Named, headers: readonly string[], bytes = 0): Promise<[Socket, string]> {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const head = `${[`${route.method} ${urlOf(route)} HTTP/1.1`, `host: ${hostname}`, ...headers].join('\r\n')}\r\n\r\n`;
  socket.write(head.slice(0, head.length - bytes));
  return [socket, head.slice(head.length - bytes)];
}

const statusIn = (answer: string): string => /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? answer;

/** Begins a body and never ends it. */
async function codeOfSlow(app: QueryApp, route: Named): Promise<string> {
  const [socket] = await begin(app, route, ['content-type: application/json', 'content-length: 10']);
  socket.write('{');
  return statusIn(await text(socket));
}

/** They answer without a database: from the process, from the request, or with what they cannot read left out. */
const WITHOUT_DATABASE = [
  '/health/live',
  '/metrics',
  '/v1/yield/models',
  '/v1/spc/evaluate',
  '/v1/capability/evaluate',
  '/v1/gauge-rr/evaluate',
];
/** 503 while the database is away. */
const needsDatabase = ({ path }: Named): boolean => !WITHOUT_DATABASE.includes(path);

/** They end before the database: this service has no brokers. letter-replays.int-spec.ts asks one that has. */
const needsBrokers = ({ method, path }: Named): boolean =>
  ['POST /v1/dead-letters/dry-run', 'POST /v1/dead-letters/replays'].includes(`${method} ${path}`);
/** Without the switch for it, no one may. */
const isOff = ({ method, path }: Named): boolean => `${method} ${path}` === 'POST /v1/dead-letters/replays';

const JSON_BODY = { 'content-type': 'application/json' };
/** A request that is right, so that what fails is the service. */
const rightly = (app: QueryApp, route: Named): Promise<string> =>
  codeOf(app, `${urlOf(route)}${route.path === '/v1/spc' ? '&parameter=x' : ''}`, {
    method: route.method,
    ...(route.hasBody ? { headers: JSON_BODY, body: JSON.stringify(BODIES[route.path]) } : {}),
  });
const CASES: Readonly<Record<string, (route: Named) => Promise<string> | undefined>> = {
  400: (route) =>
    route.hasBody
      ? codeOf(stage.app, urlOf(route), { method: route.method, headers: JSON_BODY, body: '{' })
      : codeOf(stage.app, `${urlOf(route, 'nosuch')}&nonsense=1`, { method: route.method }),
  404: (route) => (route.method === 'GET' ? codeOf(stage.app, urlOf(route), { method: 'GET' }) : undefined),
  405: (route) => codeOf(stage.app, urlOf(route), { method: 'PATCH', headers: JSON_BODY, body: '{}' }),
  413: ({ method, ...route }) =>
    codeOf(stage.app, urlOf({ method, ...route }), {
      method,
      headers: { ...JSON_BODY, 'content-length': '5000000', expect: '100-continue' },
    }),
  414: (route) => codeOf(stage.app, urlOf(route, 'n'.repeat(2_000)), { method: route.method }),
  415: (route) =>
    codeOf(stage.app, urlOf(route), {
      method: route.method,
      headers: { 'content-type': 'text/plain', 'content-length': '1' },
      body: 'x',
    }),
  421: (route) => codeOf(stage.app, urlOf(route), { method: route.method, headers: { host: 'elsewhere.example' } }),
  431: (route) => codeOf(stage.app, urlOf(route), { method: route.method, headers: { 'x-long': 'n'.repeat(20_000) } }),
  408: (route) => codeOfSlow(impatient, route),
  500: (route) =>
    needsDatabase(route) && route.path !== '/health/ready' && !needsBrokers(route)
      ? rightly(broken.app, route)
      : undefined,
  503: (route) => (needsDatabase(route) && !isOff(route) ? rightly(withoutDatabase, route) : undefined),
};

describe('each route answers with the codes that the document names', () => {
  it.each(Object.keys(CASES))('%s', async (code) => {
    const named = routes.filter(({ codes }) => codes.includes(code));
    expect(named.length).toBeGreaterThan(5);
    const ask = async (route: Named): Promise<[string, string | undefined]> => [
      `${route.method} ${route.path}`,
      await CASES[code]!(route),
    ];
    // One after the other, because many at once would wait for a connection. Nothing is waited for with 408 but the clock.
    const seen = code === '408' ? await Promise.all(named.map(ask)) : [];
    for (const route of code === '408' ? [] : named) {
      seen.push(await ask(route));
    }
    expect(seen.filter(([, answered]) => answered !== undefined && answered !== code)).toEqual([]);
  });
});

it('a request that has begun when the service ends is answered', async () => {
  const ending = await QueryApp.start(stage.db.url);
  const asked = routes.filter(({ path }) => ['/metrics', '/v1/lots', '/v1/products', '/v1/yield'].includes(path));
  // Their heads lack the last byte: Node closes idle connections, and waits for what has begun.
  const begun = await Promise.all(asked.map((route) => begin(ending, route, ['connection: close'], 1)));
  await ending.get('/health/live');
  const stopped = ending.stop();
  await ending.refusesConnections();
  const seen = await Promise.all(
    begun.map(([socket, rest]) => {
      socket.write(rest);
      return text(socket).then(statusIn);
    }),
  );
  await stopped;
  expect(seen).toEqual(['200', '200', '200', '200']);
});

it('each route refuses a query parameter that it does not know, by name', async () => {
  const seen: unknown[] = [];
  for (const route of routes.filter(({ path }) => path.startsWith('/v1/'))) {
    const { status, body } = await stage.app.get<{ code: string; errors?: { parameter: string }[] }>(
      `${urlOf(route)}&nonsense=1`,
      {
        method: route.method,
        ...(route.hasBody ? { headers: JSON_BODY, body: JSON.stringify(BODIES[route.path]) } : {}),
      },
    );
    if (status !== 400 || body.code !== 'unknown_parameter' || body.errors?.[0]?.parameter !== 'nonsense') {
      seen.push([route.method, route.path, status, body]);
    }
  }
  expect(seen).toEqual([]);
});
