import { once } from 'node:events';
import http from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@chip/testing';
import { Snapshots } from '../src/sql/snapshots.ts';
import { type Answer, openStage, QueryApp, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

interface ProblemBody {
  code: string;
  detail: string;
  errors?: { parameter: string; message: string }[];
}

const SAMPLES = 200_000;
/** Long enough for a busy machine to begin one, and a fraction of what a reader with pauses takes for all rows. */
const SHORT_EXPORTS = { EXPORT_MAX_SECONDS: 3 };
const READER_PAUSE_MS = 100;
const WINDOW = 'from=2026-03-02T00:00:00Z&to=2026-03-09T00:00:00Z';
let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ DATABASE_POOL_MAX: 4, EXPORT_STALL_SECONDS: 1 });
  await stage.db.database.query(
    `INSERT INTO system_metrics (time, service_name, metric_name, metric_value)
     SELECT '2026-03-02T00:00:00Z'::timestamptz + n * INTERVAL '1 second', 's' || n % 3, 'm', n / 8.0
       FROM generate_series(0, $1 - 1) n`,
    [SAMPLES],
  );
});
afterAll(() => stage.end());

const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Answer<ProblemBody>> =>
  stage.app.get<ProblemBody>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
/** Plain HTTP, because fetch does not let a caller choose Host. */
async function raw(
  path: string,
  options: http.RequestOptions & { body?: string } = {},
): Promise<{ status: number; body: string; headers: http.IncomingHttpHeaders }> {
  const { body, ...rest } = options;
  const request = http.request(stage.app.url + path, rest);
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
  }
  return { status: response.statusCode!, body: Buffer.concat(chunks).toString(), headers: response.headers };
}
const runningStatements = async (): Promise<number> => {
  const [row] = await stage.db.database.query<{ n: number }>(
    `SELECT count(*) AS n FROM pg_stat_activity WHERE datname = $1 AND application_name = 'chip-query' AND state <> 'idle'`,
    [stage.db.name],
  );
  return row!.n;
};

describe('a body full of errors', () => {
  const badSubgroups = JSON.stringify({
    chart: 'xbar_r',
    subgroups: Array.from({ length: 50_000 }, () => Array.from({ length: 26 }, () => '')),
  });
  const badMeasurements = JSON.stringify({ method: 'anova', measurements: Array.from({ length: 50_000 }, () => ({})) });
  const unknownKeys = JSON.stringify(Object.fromEntries(Array.from({ length: 300_000 }, (_, i) => [`k${i}`, 1])));

  it.each([
    ['/v1/spc/evaluate', badSubgroups],
    ['/v1/capability/evaluate', badSubgroups.replace('"chart":"xbar_r",', '')],
    ['/v1/gauge-rr/evaluate', badMeasurements],
    ['/v1/spc/evaluate', unknownKeys],
  ])('%s answers with the first twenty', async (path, body) => {
    const answer = await post(path, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_body']);
    expect(answer.body.errors!.length).toBeLessThanOrEqual(20);
    expect(JSON.stringify(answer.body).length).toBeLessThan(20_000);
  });

  it('truncates the names that it repeats', async () => {
    const { body } = await post('/v1/spc/evaluate', JSON.stringify({ chart: 'imr', ['n'.repeat(100_000)]: 1 }));
    expect(body.errors).toEqual([{ parameter: `/${'n'.repeat(100)}…`, message: 'is unknown' }]);
  });

  it('still names each error by its place', async () => {
    const { body } = await post('/v1/spc/evaluate', JSON.stringify({ chart: 'xbar_r', subgroups: [[1, 'x'], 7] }));
    expect(body.errors?.map(({ parameter }) => parameter)).toEqual(['/subgroups/0/1', '/subgroups/1']);
  });

  it('counts numbers, not subgroups', async () => {
    const subgroups = Array.from({ length: 1001 }, () => Array.from({ length: 200 }, () => 1));
    const answer = await post('/v1/spc/evaluate', JSON.stringify({ chart: 'xbar_s', subgroups }));
    expect(answer.body.errors).toEqual([{ parameter: '/subgroups', message: 'expected at most 200000 numbers' }]);
  });

  it('is read only up to the limit of its route', async () => {
    const large = JSON.stringify({ lot_id: 'x'.repeat(300_000) });
    expect([(await post('/v1/inspections', large)).status, (await post('/v1/spc/evaluate', large)).status]).toEqual([
      413, 400,
    ]);
  });
});

describe('HEAD', () => {
  it.each([`/v1/export/telemetry?${WINDOW}`, '/v1/yield', '/v1/inspections'])('of %s reads nothing', async (path) => {
    const { status, headers } = await raw(path, { method: 'HEAD' });
    expect([status, headers.allow?.includes('GET')]).toEqual([405, true]);
    expect(await runningStatements()).toBe(0);
  });
});

describe('a web page', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  it.each([
    [form, 'lot_id=EVIL&chip_id=1&inspection_type=visual'],
    [{ 'content-type': 'text/plain' }, '{"lot_id":"EVIL","chip_id":"1","inspection_type":"visual"}'],
    [{ 'content-type': 'multipart/form-data; boundary=b' }, '--b--'],
    [{ 'content-type': '' }, '{"lot_id":"EVIL"}'],
  ])('cannot send %j', async (headers, body) => {
    const answer = await post('/v1/inspections', body, headers);
    expect([answer.status, answer.body.code]).toEqual([415, 'unsupported_media_type']);
  });

  const inspection = JSON.stringify({ lot_id: 'EVIL', chip_id: '1', inspection_type: 'visual' });
  it.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://evil.example' },
    { origin: 'null' },
  ])('of another site cannot write: %j', async (headers) => {
    // fetch does not let a caller set these headers.
    const { status, body } = await raw('/v1/inspections', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: inspection,
    });
    expect([status, (JSON.parse(body) as ProblemBody).code]).toEqual([403, 'forbidden']);
  });

  it('left nothing behind', async () => {
    expect(await stage.db.database.query('SELECT id FROM inspections')).toEqual([]);
  });

  it('of our own may write', async () => {
    const { host } = new URL(stage.app.url);
    const own = await raw('/v1/inspections', {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: `http://${host}`, 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify({ lot_id: 'OWN', chip_id: '1', inspection_type: 'visual' }),
    });
    expect(own.status).toBe(201);
  });

  it.each(['rebind.attacker.example:3000', 'evil', '10.0.0.1'])('cannot come as host %j', async (host) => {
    const { status, body } = await raw('/v1/yield', { headers: { host } });
    expect([status, (JSON.parse(body) as ProblemBody).code]).toEqual([421, 'misdirected_request']);
  });

  it.each(['localhost:1', '127.0.0.1', '[::1]:3000', 'LOCALHOST'])('may come as host %s', async (host) => {
    expect((await raw('/v1/yield', { headers: { host } })).status).toBe(200);
  });

  it('gets headers that forbid it to run or frame our answers', async () => {
    for (const path of ['/v1/yield', '/nowhere', '/docs', '/openapi.json']) {
      const { headers } = await raw(path);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });
});

describe('an answer', () => {
  it('whose reader does not read is given up', async () => {
    const values = Array.from({ length: 50_000 }, (_, i) => i % 7);
    const body = JSON.stringify({ chart: 'imr', values });
    const { hostname, port } = new URL(stage.app.url);
    const accepted = once(stage.app.app.getHttpServer(), 'connection') as Promise<[Socket]>;
    const reader = connect({ host: hostname, port: Number(port) });
    reader.on('error', () => undefined);
    reader.pause();
    reader.write(
      `POST /v1/spc/evaluate HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const [connection] = await accepted;
    await waitFor(
      () => connection.destroyed,
      (isGone) => isGone,
      { timeoutMs: 60_000 },
    );
    expect(connection.bytesWritten).toBeGreaterThan(1_000_000);
    reader.destroy();
  });

  it('may take longer to compute than a reader may stall, also behind another one', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const snapshots = stage.app.app.get(Snapshots);
    const read = snapshots.read.bind(snapshots);
    try {
      expect((await raw('/v1/lots', { agent })).status).toBe(200);
      snapshots.read = async (question) => {
        await sleep(2_500);
        return read(question);
      };
      expect((await raw('/v1/yield', { agent })).status).toBe(200);
    } finally {
      snapshots.read = read;
      agent.destroy();
    }
  });
});

describe('an export', () => {
  it('whose reader stalls breaks off, and frees its connection', async () => {
    const request = http.get(`${stage.app.url}/v1/export/telemetry?${WINDOW}&format=ndjson`);
    request.on('error', () => undefined);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.on('error', () => undefined);
    // Reads nothing from here on. Without a limit the snapshot would live as long as the connection.
    await waitFor(
      async () => (await runningStatements()) === 0,
      (isIdle) => isIdle,
      { timeoutMs: 60_000 },
    );
    expect(response.trailers).toEqual({});
    request.destroy();
  });

  it('that lasts too long breaks off, however steadily its reader reads, and frees its connection', async () => {
    const app = await QueryApp.start(stage.db.url, SHORT_EXPORTS);
    try {
      const request = http.get(`${app.url}/v1/export/telemetry?${WINDOW}&format=ndjson`);
      request.on('error', () => undefined);
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      const read = async (): Promise<void> => {
        for await (const _ of response) {
          await sleep(READER_PAUSE_MS);
        }
      };
      await expect(read()).rejects.toMatchObject({ code: 'ECONNRESET' });
      expect(response.trailers).toEqual({});
      await waitFor(runningStatements, (count) => count === 0, { timeoutMs: 60_000 });
    } finally {
      await app.stop();
    }
  });
});

describe('an export by HTTP/1.0, which knows neither chunks nor trailers', () => {
  const asked = (path: string, at: QueryApp = stage.app): Socket => {
    const { hostname, port } = new URL(at.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${path} HTTP/1.0\r\nHost: ${hostname}:${port}\r\n\r\n`);
    return socket;
  };

  it('has the rows and nothing else', async () => {
    const path = `/v1/export/telemetry?from=2026-03-02T00:00:00Z&to=2026-03-02T00:01:00Z`;
    const [head, body] = (await text(asked(path))).split('\r\n\r\n');
    expect(head).not.toMatch(/transfer-encoding|trailer/i);
    expect(body).toBe((await raw(path)).body);
  });

  it('that breaks off resets its connection: its end would look like that of the answer', async () => {
    const app = await QueryApp.start(stage.db.url, SHORT_EXPORTS);
    try {
      const read = async (): Promise<void> => {
        for await (const _ of asked(`/v1/export/telemetry?${WINDOW}&format=ndjson`, app)) {
          await sleep(READER_PAUSE_MS);
        }
      };
      await expect(read()).rejects.toMatchObject({ code: 'ECONNRESET' });
    } finally {
      await app.stop();
    }
  });
});

describe('an address of an image', () => {
  it('is a text in an answer that runs nothing, whatever its scheme', async () => {
    const [id] = (await seedAttempts(stage.db.database, [
      { lot_id: 'L', chip_id: 'image', occurred_at: '2026-03-02T08:00:00Z', result: 'fail' },
    ])) as [string];
    const image = 'javascript:alert(document.domain)';
    await stage.db.database.query(
      `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um, image_uri)
       SELECT inspection_id, event_id, 0, occurred_at, 'scratch', 1, 1, $2 FROM inspection_attempts WHERE inspection_id = $1`,
      [id, image],
    );
    const { headers, body } = await raw(`/v1/inspections/${id}`);
    expect((JSON.parse(body) as { defects: object[] }).defects).toMatchObject([{ image_uri: image }]);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });
});
