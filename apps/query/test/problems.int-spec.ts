import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from '@chip/persistence';
import { waitFor } from '@chip/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ANONYMOUS, runAs } from '../src/access/caller.ts';
import { type CostClass } from '../src/access/rights.ts';
import { encodeCursor } from '../src/http/cursor.ts';
import { Snapshots } from '../src/sql/snapshots.ts';
import { type Answer, openStage, QueryApp, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';
import { TcpGate } from './tcp-gate.ts';

interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  errors?: { parameter: string; message: string }[];
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ QUERY_TIMEOUT_MS: 1_500, DATABASE_POOL_MAX: 4 });
});
afterAll(() => stage.end());

const problem = async (path: string, init?: RequestInit): Promise<Answer<ProblemBody>> => {
  const answer = await stage.app.get<ProblemBody>(path, init);
  expect(answer.type).toBe('application/problem+json');
  expect(answer.body).toMatchObject({ type: 'about:blank', status: answer.status });
  expect(answer.body.title).not.toBe('');
  expect(answer.body.detail).not.toBe('');
  return answer;
};

const readAs = (cost: CostClass, snapshots: Snapshots, sql: string): Promise<unknown> =>
  new Promise((resolve, reject) =>
    runAs({ caller: ANONYMOUS, cost }, () => {
      snapshots.read((snapshot) => snapshot.query(sql)).then(resolve, reject);
    }),
  );

describe('a bad parameter is a 400 that names it', () => {
  const year = encodeURIComponent;
  it.each([
    ['/v1/yield?from=2026-02-30T00:00:00Z', 'from'],
    ['/v1/yield?from=2026-02-28', 'from'],
    ['/v1/yield?from=2026-02-28T00:00:00', 'from'],
    ['/v1/yield?from=2026-02-28T24:00:00Z', 'from'],
    ['/v1/yield?from=2026-02-28T23:59:60Z', 'from'],
    [`/v1/yield?from=${year('2026-02-28T00:00:00+15:00')}`, 'from'],
    ['/v1/yield?from=0000-01-01T00:00:00Z', 'from'],
    [`/v1/yield?from=${year('9999-12-31T23:59:59-14:00')}`, 'from'],
    ['/v1/yield?from=1772323200', 'from'],
    ['/v1/yield?from=', 'from'],
    ['/v1/yield?from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z', 'to'],
    ['/v1/yield?group_by=fortnight', 'group_by'],
    ['/v1/yield?group_by=', 'group_by'],
    ['/v1/yield?kind=FINAL', 'kind'],
    ['/v1/yield?policy=newest', 'policy'],
    ['/v1/yield?lot_id=', 'lot_id'],
    [`/v1/yield?lot_id=${'x'.repeat(101)}`, 'lot_id'],
    ['/v1/yield?lot_id=a%00b', 'lot_id'],
    ['/v1/yield?kind=final&kind=final', 'kind'],
    ['/v1/inspections?limit=0', 'limit'],
    ['/v1/inspections?limit=501', 'limit'],
    ['/v1/inspections?limit=-1', 'limit'],
    ['/v1/inspections?limit=1.5', 'limit'],
    ['/v1/inspections?limit=1e2', 'limit'],
    ['/v1/inspections?limit=0x10', 'limit'],
    ['/v1/inspections?limit=%205', 'limit'],
    ['/v1/inspections?limit=', 'limit'],
    ['/v1/inspections?limit=1&limit=2', 'limit'],
    ['/v1/inspections?limit=99999999999999999999', 'limit'],
    ['/v1/inspections?status=done', 'status'],
    ['/v1/inspections?result=PASS', 'result'],
    ['/v1/inspections?metadata.kind=', 'metadata.kind'],
    ['/v1/inspections?metadata.kind=a%00', 'metadata.kind'],
    [`/v1/inspections?metadata.kind=${'x'.repeat(1001)}`, 'metadata.kind'],
    ['/v1/inspections?metadata.kind=a&metadata.kind=b', 'metadata.kind'],
    ['/v1/inspections/not-a-uuid', 'id'],
    ['/v1/inspections/0d6a2d1c8a4e5c439d530f8f4a3b2c11', 'id'],
  ])('%s', async (path, parameter) => {
    const { status, body } = await problem(path);
    expect([status, body.code]).toEqual([400, 'invalid_parameter']);
    expect(body.errors?.map((error) => error.parameter)).toEqual([parameter]);
  });

  it.each([
    ['/v1/yield?lotid=1', ['lotid']],
    ['/v1/yield?metadata.kind=a', ['metadata.kind']],
    ['/v1/inspections?Limit=5&foo=1', ['Limit', 'foo']],
    ['/v1/inspections?metadata.=a', ['metadata.']],
    ['/v1/inspections?metadata.a%20b=a', ['metadata.a b']],
    [`/v1/inspections?metadata.${'k'.repeat(65)}=a`, [`metadata.${'k'.repeat(65)}`]],
    ['/v1/inspections?constructor=a', ['constructor']],
  ])('unknown: %s', async (path, names) => {
    const { status, body } = await problem(path);
    expect([status, body.code]).toEqual([400, 'unknown_parameter']);
    expect(body.errors?.map((error) => error.parameter)).toEqual(names);
  });

  it('reports all errors at once, and never the value', async () => {
    const { body } = await problem('/v1/yield?kind=s3cret&policy=s3cret&nonsense=s3cret');
    expect(body.errors?.map((error) => error.parameter)).toEqual(['nonsense', 'kind', 'policy']);
    expect(JSON.stringify(body)).not.toContain('s3cret');
  });

  const id = '0d6a2d1c-8a4e-4c43-9d53-0f8f4a3b2c11';
  const time = '2026-03-02T08:00:00.000000Z';
  it.each([
    ['', 'invalid_cursor'],
    ['abc', 'invalid_cursor'],
    [encodeCursor({ time, id }) + 'A', 'invalid_cursor'],
    [encodeCursor({ time, id }) + '%20', 'invalid_cursor'],
    [encodeCursor({ time: 'infinity', id }), 'invalid_cursor'],
    [encodeCursor({ time: '2026-02-30T08:00:00.000000Z', id }), 'invalid_cursor'],
    [encodeCursor({ time, id: `${id}'` }), 'invalid_cursor'],
    [Buffer.from(`2|${time}|${id}`).toString('base64url'), 'invalid_cursor'],
    ['A'.repeat(1_001), 'invalid_parameter'],
  ])('cursor %p', async (cursor, code) => {
    const { status, body } = await problem(`/v1/inspections?cursor=${cursor}`);
    expect([status, body.code, body.errors?.[0]?.parameter]).toEqual([400, code, 'cursor']);
  });
});

it.each([
  '/v1/capability?parameter=m&subgroup=lot',
  '/v1/capabilities?product=P',
  '/v1/spc?chart=imr&parameter=m',
  '/v1/map?value=m',
  '/v1/tests/pareto?count=first',
])('the first and the last time are no error for %s', async (path) => {
  const answer = await stage.app.get(`${path}&from=1000-01-01T00:00:00Z&to=9999-12-31T23:59:59Z`);
  expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
});

describe('anything that is not a route', () => {
  it.each(['/v1', '/v2/yield', '/v1/yield/', '/v1/inspections/a/b', '/v1/yield%2F', '/.env'])(
    '%s is 404',
    async (path) => {
      const { status, body } = await problem(path);
      expect([status, body.code]).toEqual([404, 'route_not_found']);
    },
  );

  it.each([
    ['DELETE', '/v1/yield', 'GET'],
    ['PUT', '/v1/inspections?limit=1', 'GET, POST'],
    ['GET', '/v1/spc/evaluate', 'POST'],
    ['PATCH', '/v1/inspections/0d6a2d1c-8a4e-4c43-9d53-0f8f4a3b2c11', 'GET'],
    ['DELETE', '/health/live', 'GET'],
    ['QUERY', '/v1/yield', 'GET'],
  ])('%s %s is 405 with the methods it has', async (method, path, allow) => {
    const { status, body, headers } = await problem(path, { method });
    expect([status, body.code, headers.get('allow')]).toEqual([405, 'method_not_allowed', allow]);
  });

  it('an unreadable URL is 400', async () => {
    const { status, body } = await problem('/v1/inspections/%zz');
    expect([status, body.code]).toEqual([400, 'malformed_request']);
  });

  it.each([
    [
      'headers that are too large',
      `GET /v1/yield HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    ['what is not HTTP', 'hello\r\n\r\n', 400, 'malformed_request'],
  ])('%s', async (_what, request, status, code) => {
    const socket = connect(Number(new URL(stage.app.url).port), '127.0.0.1');
    socket.end(request);
    const [head, body] = (await text(socket)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*content-type: application/problem\\+json`));
    expect(JSON.parse(body!)).toMatchObject({ type: 'about:blank', status, code });
  });

  it.each([
    ['/assets/', {}, 404, 'route_not_found'],
    ['/assets/%00', {}, 404, 'route_not_found'],
    ['/assets/%2e%2e/%2e%2e/package.json', {}, 404, 'route_not_found'],
    ['/docs/%00', {}, 404, 'route_not_found'],
    ['/docs/swagger-ui.css', { range: 'bytes=99999999-' }, 400, 'malformed_request'],
    ['/docs/swagger-ui.css', { 'if-match': '"other"' }, 400, 'malformed_request'],
  ])('a file that cannot be sent is a fault of its request: %s %o', async (path, headers, status, code) => {
    const { status: answered, body } = await problem(path, { headers: headers as Record<string, string> });
    expect([answered, body.code]).toEqual([status, code]);
  });

  it('a path part that is too long is 414', async () => {
    const { status, body } = await problem(`/v1/inspections/${'a'.repeat(2000)}`);
    expect([status, body.code]).toEqual([414, 'uri_too_long']);
  });
});

describe('the database', () => {
  it('a statement over its time is 503 query_timeout, and the connection is usable afterwards', async () => {
    const { database } = stage.db;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let locked = (): void => undefined;
    const ready = new Promise<void>((resolve) => (locked = resolve));
    const holder = database.withTransaction(async (transaction) => {
      await transaction.query('LOCK TABLE inspection_attempts IN ACCESS EXCLUSIVE MODE');
      locked();
      await held;
    });
    await ready;
    try {
      const answers = await Promise.all(Array.from({ length: 2 }, () => problem('/v1/yield?group_by=wafer')));
      for (const { status, body, headers } of answers) {
        expect([status, body.code]).toEqual([503, 'query_timeout']);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
    } finally {
      // Runs even after a failure above: a held lock would keep the suite from ending.
      release();
      await holder;
    }
    expect((await stage.app.get('/v1/yield')).status).toBe(200);
  });

  it('busy with statistics still answers lists and exports', async () => {
    const app = await QueryApp.start(stage.db.url);
    const waiting = async (): Promise<number> =>
      Number(/\{pool="statistic",state="waiting".*\} (\d+)/.exec((await app.get<string>('/metrics')).body)?.[1]);
    try {
      const statistics = await stage.db.database.withTransaction(async (transaction) => {
        await transaction.query('LOCK TABLE inspection_attempts IN ACCESS EXCLUSIVE MODE');
        // More than there are connections in all, and different ones, which share no answer: two of them compute.
        const asked = Array.from({ length: 6 }, (_, number) =>
          app.get<ProblemBody>(`/v1/yield?group_by=wafer&product=P${number}`),
        );
        await waitFor(waiting, (number) => number === 4);
        for (const path of ['/v1/lots', '/v1/inspections', '/v1/export/inspections?format=csv']) {
          expect([path, (await app.get(path)).status]).toEqual([path, 200]);
        }
        return asked;
      });
      for (const { status, body } of await Promise.all(statistics)) {
        expect([200, 'overloaded']).toContain(status === 503 ? body.code : status);
      }
      expect(await waiting()).toBe(0);
    } finally {
      await app.stop();
    }
  });

  it.each([
    ['light', '2'],
    ['write', '2'],
    ['statistic', '0'],
    ['export', '0'],
  ] as const)('computes what costs %s with at most %s workers', async (cost, workers) => {
    const rows = await readAs(cost, stage.app.app.get(Snapshots), 'SHOW max_parallel_workers_per_gather');
    expect(rows).toEqual([{ max_parallel_workers_per_gather: workers }]);
  });

  it.each([
    ['rests after a long one', ['light', 'statistic'], 'rests'],
    ['does not rest while nobody asks cheap questions', ['statistic'], 'answers'],
    ['does not rest after what is not a statistic', ['light', 'write'], 'answers'],
  ] as const)('a connection of statistics %s', async (_what, costs, then) => {
    const database = new Database({ url: stage.db.url, applicationName: 'test', max: 1 });
    const snapshots = new Snapshots({ of: () => database }, { QUERY_TIMEOUT_MS: 10_000, EXPORT_MAX_SECONDS: 10 });
    try {
      // Rests for as long as it took. A cheap question counts for a second, so what is long ends well before.
      const next = async (): Promise<string> => {
        for (const cost of costs) {
          await readAs(cost, snapshots, cost === 'light' ? 'SELECT 1' : 'SELECT pg_sleep(0.4)');
        }
        const first = [
          readAs('statistic', snapshots, 'SELECT 1').then(() => 'answers'),
          sleep(200).then(() => 'rests'),
        ];
        const what = await Promise.race(first);
        await Promise.all(first);
        return what;
      };
      // A busy machine may be too slow for it once. A connection that does the other thing does it each time.
      expect(await waitFor(next, (what) => what === then)).toBe(then);
    } finally {
      await database.close();
    }
  });

  it('cannot compute with a value that an earlier version accepted', async () => {
    const [first, second] = await seedAttempts(stage.db.database, [
      { lot_id: 'OVERFLOW', chip_id: 'C1', product: 'P', result: 'pass' },
      { lot_id: 'OVERFLOW', chip_id: 'C2', product: 'P', result: 'pass' },
    ]);
    await stage.db.database.query(
      `INSERT INTO measurement_rows (time, inspection_id, event_id, name, value)
       SELECT completed_at, inspection_id, event_id, 'overflow', CASE WHEN inspection_id = $1::uuid THEN $3::float8 ELSE 7 END
         FROM inspection_attempts WHERE inspection_id IN ($1::uuid, $2::uuid)`,
      [first!, second!, Number.MAX_VALUE],
    );
    for (const path of [
      '/v1/capability?parameter=overflow',
      '/v1/spc?chart=xbar_s&parameter=overflow&subgroup=2',
      '/v1/capabilities?product=P',
    ]) {
      const { status, body } = await problem(path);
      expect([path, status, body.code, body.detail]).toEqual([
        path,
        400,
        'invalid_parameter',
        expect.stringContaining('too large to be computed with: narrow the question'),
      ]);
    }
  });

  it('away is 503, live stays green, ready goes red; back again without a restart', async () => {
    const gate = await TcpGate.before(stage.db.url);
    const app = await QueryApp.start(gate.through(stage.db.url));
    const statusOf = async (path: string): Promise<number> => (await app.get(path)).status;
    try {
      expect(await statusOf('/v1/yield')).toBe(200);
      await gate.shut();
      const away = await app.get<ProblemBody>('/v1/yield');
      expect([away.status, away.type, away.body.code]).toEqual([
        503,
        'application/problem+json',
        'database_unavailable',
      ]);
      const written = await app.get<ProblemBody>('/v1/inspections', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ lot_id: 'L', chip_id: 'c', inspection_type: 'visual' }),
      });
      expect([written.status, written.body.code]).toEqual([503, 'database_unavailable']);
      expect(JSON.stringify(away.body)).not.toMatch(/127\.0\.0\.1|postgres/);
      expect([await statusOf('/health/live'), await statusOf('/health/ready')]).toEqual([200, 503]);
      await gate.open();
      expect([await statusOf('/v1/yield'), await statusOf('/health/ready')]).toEqual([200, 200]);
    } finally {
      await app.stop();
      await gate.shut();
    }
  });
});
