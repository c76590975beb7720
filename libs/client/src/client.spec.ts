import { describe, expect, it } from '@jest/globals';
import { createClient, ProblemError, type Yield } from './index.ts';

const asked: Request[] = [];
/** A client whose requests end at `answer`, not in the network. */
const clientOf = (answer: () => Response, key?: string | (() => Promise<string>)) =>
  createClient({
    baseUrl: 'http://quality.example/',
    ...(key !== undefined && { key }),
    fetch: async (request) => {
      asked.push(request);
      return answer();
    },
  });
const json = (body: unknown, type = 'application/json', init: ResponseInit = {}): Response =>
  new Response(JSON.stringify(body), { ...init, headers: { 'content-type': type, ...init.headers } });

describe('the client', () => {
  it('writes paths and repeated parameters as the service reads them', async () => {
    const client = clientOf(() => json({ items: [], next_cursor: null }));
    await client.get('/v1/lots/{lot_id}', { params: { path: { lot_id: 'A/1 ü' } } });
    await client.get('/v1/yield', { params: { query: { lot_id: ['A+1', 'B'], group_by: 'day' } } });
    expect(asked.slice(-2).map(({ url }) => url)).toEqual([
      'http://quality.example/v1/lots/A%2F1%20%C3%BC',
      'http://quality.example/v1/yield?lot_id=A%2B1&lot_id=B&group_by=day',
    ]);
  });

  it('knows the routes, their parameters and their answers', async () => {
    const client = clientOf(() => json({ totals: { units: 3 } }));
    const { totals }: Yield = await client.get('/v1/yield');
    expect(totals.units).toBe(3);
    // @ts-expect-error: there is no such route
    await client.get('/v1/yields');
    // @ts-expect-error: there is no such parameter
    await client.get('/v1/yield', { params: { query: { groupby: 'day' } } });
    // @ts-expect-error: the path names a lot
    await client.get('/v1/lots/{lot_id}');
  });

  it('sends the key, and asks for the current one before each request', async () => {
    await clientOf(() => json({}), 'chip_1').get('/v1/pipeline');
    let nth = 0;
    const client = clientOf(
      () => json({}),
      async () => `token-${++nth}`,
    );
    await client.get('/v1/pipeline');
    await client.get('/v1/pipeline');
    await clientOf(() => json({})).get('/v1/pipeline');
    expect(asked.slice(-4).map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer chip_1',
      'Bearer token-1',
      'Bearer token-2',
      null,
    ]);
  });

  it('sends a body as JSON', async () => {
    const client = clientOf(() => json({ id: 'x' }, undefined, { status: 201 }));
    const body = { lot_id: 'L', chip_id: '1', inspection_type: 'visual' as const };
    expect(await client.post('/v1/inspections', { body })).toEqual({ id: 'x' });
    const request = asked.at(-1)!;
    expect([request.method, request.headers.get('content-type'), await request.json()]).toEqual([
      'POST',
      'application/json',
      body,
    ]);
  });

  it('throws a problem with its code, its parameters and when to try again', async () => {
    const problem = {
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      code: 'unknown_parameter',
      detail: 'x: is unknown',
      errors: [{ parameter: 'x', message: 'is unknown' }],
    };
    const refused = clientOf(() => json(problem, 'application/problem+json', { status: 400 }));
    const error = await refused.get('/v1/yield').catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({
      status: 400,
      code: 'unknown_parameter',
      detail: 'x: is unknown',
      errors: [{ parameter: 'x', message: 'is unknown' }],
      retryAfterS: undefined,
      message: '400 unknown_parameter: x: is unknown',
    });
    const busy = clientOf(() =>
      json({ code: 'overloaded', detail: 'd' }, 'application/problem+json', {
        status: 503,
        headers: { 'retry-after': '2' },
      }),
    );
    await expect(busy.get('/v1/yield')).rejects.toMatchObject({ code: 'overloaded', errors: [], retryAfterS: 2 });
  });

  it('tells what answers instead of the service apart from its problems', async () => {
    const proxy = clientOf(() => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    await expect(proxy.get('/v1/yield')).rejects.toMatchObject({ status: 502, code: 'unexpected_answer' });
    const cut = clientOf(
      () => new Response('{"code":', { status: 500, headers: { 'content-type': 'application/problem+json' } }),
    );
    await expect(cut.get('/v1/yield')).rejects.toMatchObject({ status: 500, code: 'unexpected_answer' });
  });

  it('gives rows as they arrive', async () => {
    const client = clientOf(() => new Response('a,b\r\n1,2\r\n'));
    const rows = await client.get('/v1/export/inspections', { parseAs: 'stream' });
    expect(await new Response(rows).text()).toBe('a,b\r\n1,2\r\n');
  });
});
