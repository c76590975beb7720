import { once } from 'node:events';
import http from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKey } from '@chip/persistence';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

let stage: Stage;
let all: string;
let ofSiteB: string;
beforeAll(async () => {
  stage = await openStage({ AUTH_MODE: 'keys', DATABASE_POOL_MAX: 4 });
  const keyOf = async (sites: string[] | null) =>
    (
      await createKey(
        stage.db.database,
        { name: 'test', role: 'engineer', scopes: ['export:raw'], sites, products: null, expires_at: null },
        { by: 'test', reason: 'a test' },
      )
    ).key;
  all = await keyOf(null);
  ofSiteB = await keyOf(['B']);
  await seedAttempts(stage.db.database, [{ site: 'A', chip_id: '1', result: 'pass' }]);
});
afterAll(() => stage.end());

const ask = (path: string, key = all, headers: Record<string, string> = {}) =>
  stage.app.get<unknown>(path, { headers: { authorization: `Bearer ${key}`, ...headers } });

describe('an ETag', () => {
  it('is of the content: 304 without a body until the answer changes, whatever changes it', async () => {
    const first = await ask('/v1/yield');
    const tag = first.headers.get('etag')!;
    expect(tag).toMatch(/^W\/"[\w-]{43}"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect(first.headers.get('vary')).toBe('accept, authorization, cookie, accept-encoding');
    for (const known of [tag, tag.slice(2), `"other", ${tag}`, '*']) {
      const again = await ask('/v1/yield', all, { 'if-none-match': known });
      expect([known, again.status, again.body, again.type]).toEqual([known, 304, '', '']);
      expect(again.headers.get('etag')).toBe(tag);
    }
    expect((await ask('/v1/yield', all, { 'if-none-match': '"other"' })).status).toBe(200);
    // No position moves: the row comes around the pipeline.
    await seedAttempts(stage.db.database, [{ site: 'A', chip_id: '2', result: 'fail' }]);
    const changed = await ask('/v1/yield', all, { 'if-none-match': tag });
    expect([changed.status, changed.headers.get('etag') === tag]).toEqual([200, false]);
  });

  it('of one caller says nothing to a caller that sees other rows', async () => {
    const tag = (await ask('/v1/yield')).headers.get('etag')!;
    const other = await ask('/v1/yield', ofSiteB, { 'if-none-match': tag });
    expect([other.status, other.body]).toMatchObject([200, { totals: { units: 0 } }]);
  });

  it('differs between the JSON and the page of a report', async () => {
    const created = await stage.app.get<{ id: string }>('/v1/reports', {
      method: 'POST',
      headers: { authorization: `Bearer ${all}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'n', reason: 'r' }),
    });
    expect([created.status, created.headers.get('etag')]).toEqual([201, null]);
    const path = `/v1/reports/${created.body.id}`;
    const json = await ask(path);
    const page = await ask(path, all, { accept: 'text/html', 'if-none-match': json.headers.get('etag')! });
    expect([page.status, page.type]).toEqual([200, 'text/html; charset=utf-8']);
  });

  it('of statements differs from that of the answer, and varies by the same headers', async () => {
    const json = await ask('/v1/yield');
    const script = await ask('/v1/yield', all, {
      accept: 'application/sql',
      'if-none-match': json.headers.get('etag')!,
    });
    expect([script.status, script.type]).toEqual([200, 'application/sql; charset=utf-8']);
    expect(script.headers.get('vary')).toBe(json.headers.get('vary'));
  });

  it.each(['/v1/pipeline', '/v1/ledger', '/health/live', '/v1/yield?x=1', '/v1/export/inspections'])(
    'is not on %s',
    async (path) => {
      expect((await ask(path, all, { 'if-none-match': '*' })).headers.get('etag')).toBeNull();
    },
  );
});

describe('compression', () => {
  /** Plain HTTP, because fetch decodes what it gets. */
  async function encoded(path: string, encoding: string, more: http.OutgoingHttpHeaders = {}) {
    const headers = { authorization: `Bearer ${all}`, 'accept-encoding': encoding, ...more };
    const [response] = (await once(http.get(stage.app.url + path, { headers }), 'response')) as [http.IncomingMessage];
    const bytes = await buffer(response);
    return { status: response.statusCode, headers: response.headers, trailers: response.trailers, bytes };
  }

  it('of a long answer is what the client asks for, Brotli first', async () => {
    const plain = await encoded('/openapi.json', 'identity');
    const gzip = await encoded('/openapi.json', 'gzip');
    const br = await encoded('/openapi.json', 'gzip, br');
    expect([plain, gzip, br].map(({ headers }) => headers['content-encoding'])).toEqual([undefined, 'gzip', 'br']);
    expect(gunzipSync(gzip.bytes)).toEqual(plain.bytes);
    expect(brotliDecompressSync(br.bytes)).toEqual(plain.bytes);
    expect(gzip.bytes.length).toBeLessThan(plain.bytes.length / 4);
    expect((await encoded('/openapi.json', 'zstd')).bytes).toEqual(plain.bytes);
  });

  it('leaves the ETag that of the content, and Vary without repetition', async () => {
    const chips = Array.from({ length: 20 }, (_, n) => ({ site: 'A', chip_id: `c${n}`, result: 'pass' as const }));
    await seedAttempts(stage.db.database, chips);
    const path = '/v1/inspections';
    const [first, second] = [await encoded(path, 'identity'), await encoded(path, 'br')];
    expect([first, second].map(({ headers }) => headers['content-encoding'])).toEqual([undefined, 'br']);
    expect(brotliDecompressSync(second.bytes)).toEqual(first.bytes);
    expect(second.headers.etag).toBe(first.headers.etag);
    expect([first, second].map(({ headers }) => headers.vary)).toEqual(
      Array(2).fill('accept, authorization, cookie, accept-encoding'),
    );
    const again = await encoded(path, 'br', { 'if-none-match': first.headers.etag });
    expect([again.status, again.bytes.length, again.headers['content-encoding']]).toEqual([304, 0, undefined]);
  });

  it('leaves tiny answers as they are', async () => {
    const { headers, bytes } = await encoded('/health/live', 'br');
    expect([headers['content-encoding'], bytes.length < 1_024]).toEqual([undefined, true]);
  });

  it('of a request is refused, whatever it would unpack to', async () => {
    const answer = await stage.app.get<{ code: string }>('/v1/reports', {
      method: 'POST',
      headers: { authorization: `Bearer ${all}`, 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync(JSON.stringify({ name: 'n', reason: 'r' })),
    });
    expect([answer.status, answer.body.code]).toEqual([400, 'malformed_request']);
  });
});
