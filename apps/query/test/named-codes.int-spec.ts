/**
 * Each route answers with each code that the document names for it. 401, 403 and 429 are in access.int-spec.ts, success and 304 in
 * openapi.int-spec.ts; 404 and 409 of writes where their route is tested; 408 and 500 need a broken client or service.
 */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OpenAPIObject } from '@nestjs/swagger';
import { openStage, QueryApp, type Stage } from './query-app.ts';

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
  readonly schema: { readonly format?: string; readonly example?: unknown; readonly enum?: readonly unknown[] };
}
interface Sent {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

let stage: Stage;
let withoutDatabase: QueryApp;
let routes: Named[];
beforeAll(async () => {
  stage = await openStage();
  // Nothing listens there.
  withoutDatabase = await QueryApp.start('postgresql://nobody:none@127.0.0.1:1/none');
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
  await withoutDatabase?.stop();
  await stage?.end();
});

/** The URL of a route with the examples of its required parameters, or with a text for every part of its path. */
function urlOf({ path, parameters }: Named, part?: string): string {
  const valueOf = ({ example, schema }: Parameter): string =>
    encodeURIComponent(String(example ?? schema.example ?? schema.enum?.[0] ?? 'x'));
  const given = (where: string) => parameters.filter((one) => one.in === where && one.required);
  const filled = given('path').reduce((url, parameter) => {
    const unknown = parameter.schema.format === 'uuid' ? '00000000-0000-4000-8000-000000000000' : 'nosuch';
    return url.replace(`{${parameter.name}}`, part ?? unknown);
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

/** 503 only while the service ends, or when the issuer of tokens is away. */
const WITHOUT_DATABASE = ['/health/live', '/v1/yield/models'];

const JSON_BODY = { 'content-type': 'application/json' };
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
  503: (route) =>
    route.method === 'GET' && !WITHOUT_DATABASE.includes(route.path)
      ? codeOf(withoutDatabase, `${urlOf(route)}${route.path === '/v1/spc' ? '&parameter=x' : ''}`, { method: 'GET' })
      : undefined,
};

describe('each route answers with the codes that the document names', () => {
  it.each(Object.keys(CASES))('%s', async (code) => {
    const named = routes.filter(({ codes }) => codes.includes(code));
    expect(named.length).toBeGreaterThan(5);
    const seen: [string, string][] = [];
    for (const route of named) {
      const answered = await CASES[code]!(route);
      if (answered !== undefined && answered !== code) {
        seen.push([`${route.method} ${route.path}`, answered]);
      }
    }
    expect(seen).toEqual([]);
  });
});
