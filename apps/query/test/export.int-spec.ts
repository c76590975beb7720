import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tableFromIPC } from 'apache-arrow';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { openStage, QueryApp, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

const SAMPLES = 25_000;
const WINDOW = 'from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z';
let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ DATABASE_POOL_MAX: 4 });
  const { database } = stage.db;
  await database.query(
    `INSERT INTO system_metrics (time, service_name, metric_name, metric_value, tags, host)
     SELECT '2026-03-02T00:00:00Z'::timestamptz + n * INTERVAL '1 second', 's' || n % 3, 'm', n / 8.0, jsonb_build_object('n', n), NULL
       FROM generate_series(0, $1 - 1) n`,
    [SAMPLES],
  );
  const [id] = await seedAttempts(database, [
    {
      lot_id: 'X,1',
      chip_id: 'say "hi"\n',
      result: 'pass',
      event_id: '11111111-1111-4111-8111-111111111111',
      occurred_at: '2026-03-02T08:00:00.123456Z',
      metadata: { a: [1, null] },
      die_x: -1,
    },
    { lot_id: 'L2', chip_id: 'b', result: 'fail', occurred_at: '2026-03-02T07:00:00Z' },
  ]);
  await database.query(
    `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit)
     VALUES ('2026-03-02T08:00:00Z', $1, '11111111-1111-4111-8111-111111111111', 'width', 0.1, 'nm'),
            ('2026-03-02T08:00:00Z', $1, '11111111-1111-4111-8111-111111111111', 'height', NULL, NULL)`,
    [id!],
  );
});
afterAll(() => stage.end());

interface Export {
  status: number;
  type: string;
  body: string;
  bytes: Buffer;
  /** Number of rows in the trailer; undefined when the answer broke off. */
  rows: number | undefined;
}
/** Plain HTTP, because fetch does not show trailers. */
async function download(path: string, headers: http.OutgoingHttpHeaders = {}): Promise<Export> {
  const request = http.get(stage.app.url + path, { headers });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
  }
  const trailer = response.trailers['x-row-count'];
  return {
    status: response.statusCode!,
    type: response.headers['content-type']!,
    body: Buffer.concat(chunks).toString(),
    bytes: Buffer.concat(chunks),
    rows: trailer === undefined ? undefined : Number(trailer),
  };
}
const openExports = async (): Promise<number> => {
  const [row] = await stage.db.database.query<{ n: number }>(
    `SELECT count(*) AS n FROM pg_stat_activity WHERE datname = $1 AND application_name = 'chip-query' AND state <> 'idle'`,
    [stage.db.name],
  );
  return row!.n;
};
const until = async (condition: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error('the condition did not hold within a minute');
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
};

describe('an export', () => {
  it('as CSV has a header, every row, and their number in the trailer', async () => {
    const { status, type, body, rows } = await download(`/v1/export/telemetry?${WINDOW}`);
    expect([status, type, rows]).toEqual([200, expect.stringMatching(/^text\/csv/), SAMPLES]);
    const parsed = parse(body, { columns: true }) as Record<string, string>[];
    expect(parsed).toHaveLength(SAMPLES);
    expect(new Set(parsed.map((row) => row['time'])).size).toBe(SAMPLES);
    expect(parsed.find((row) => row['time'] === '2026-03-02T00:00:01Z')).toEqual({
      time: '2026-03-02T00:00:01Z',
      service_name: 's1',
      metric_name: 'm',
      metric_value: '0.125',
      tags: '{"n":1}',
      host: '',
    });
  });

  it('as CSV begins with a byte order mark on request', async () => {
    const path = '/v1/export/inspections?lot_id=L2';
    const [marked, plain] = [await download(`${path}&bom=1`), await download(path)];
    expect(marked.bytes).toEqual(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), plain.bytes]));
  });

  it('ends with the number of its rows on request, for clients that cannot read trailers', async () => {
    const path = '/v1/export/inspections?lot_id=L2';
    const [csv, plain] = [await download(`${path}&count=1`), await download(path)];
    expect(csv.body).toBe(`${plain.body}# rows: 1\r\n`);
    const ndjson = await download(`/v1/export/telemetry?${WINDOW}&format=ndjson&count=1`);
    expect(ndjson.body.trimEnd().split('\n').at(-1)).toBe(JSON.stringify({ rows: SAMPLES }));
    expect(ndjson.rows).toBe(SAMPLES);
  });

  it('of inspections goes on behind the last one of a download that was cut', async () => {
    const whole = (await download('/v1/export/inspections?format=ndjson')).body.trimEnd().split('\n');
    const ids = whole.map((line) => (JSON.parse(line) as { id: string }).id);
    for (const [n, id] of ids.entries()) {
      const rest = await download(`/v1/export/inspections?format=ndjson&after=${id}`);
      expect(rest.body).toBe(
        whole
          .slice(n + 1)
          .map((line) => `${line}\n`)
          .join(''),
      );
    }
    const unknown = await download('/v1/export/inspections?after=00000000-0000-4000-8000-000000000000');
    expect([unknown.status, unknown.body]).toEqual([400, expect.stringContaining('"parameter":"after"')]);
  });

  it.each(['measurements?', `telemetry?${WINDOW}&`])(
    'of %s by time goes on from the last time of a download that was cut',
    async (route) => {
      const path = `/v1/export/${route}format=ndjson&order=time`;
      const timeOf = (line: string): string => (JSON.parse(line) as { time: string }).time;
      const whole = (await download(path)).body.trimEnd().split('\n');
      expect(whole.map(timeOf)).toEqual(whole.map(timeOf).sort());
      const cut = whole.slice(0, Math.ceil(whole.length / 2));
      const last = timeOf(cut.at(-1)!);
      const again = route.includes('from=') ? path.replace(/from=[^&]+/, `from=${last}`) : `${path}&from=${last}`;
      const rest = (await download(again)).body.trimEnd().split('\n');
      const seen = cut.filter((line) => timeOf(line) === last);
      expect(rest.slice(0, seen.length)).toEqual(seen);
      expect([...cut, ...rest.slice(seen.length)]).toEqual(whole);
    },
  );

  it.each([
    ['raw', 'ndjson'],
    ['bom', 'parquet'],
    ['count', 'arrow'],
    ['count', 'parquet'],
  ])('refuses %s=1, which means nothing in %s', async (option, format) => {
    for (const route of ['inspections?', 'measurements?', `telemetry?${WINDOW}&`]) {
      const { status, body } = await download(`/v1/export/${route}format=${format}&${option}=1`);
      expect([status, JSON.parse(body)]).toMatchObject([400, { errors: [{ parameter: option }] }]);
    }
  });

  it('in gzip has the same bytes and the number of rows', async () => {
    const path = `/v1/export/telemetry?${WINDOW}`;
    const [plain, gzip] = [await download(path), await download(path, { 'accept-encoding': 'gzip' })];
    expect([gzip.rows, gunzipSync(gzip.bytes).equals(plain.bytes)]).toEqual([SAMPLES, true]);
    const parquet = `${path}&format=parquet`;
    expect((await download(parquet, { 'accept-encoding': 'gzip' })).bytes.subarray(0, 4).toString()).toBe('PAR1');
  });

  it('as NDJSON has numbers as numbers and JSON as JSON', async () => {
    const { type, body, rows } = await download(`/v1/export/telemetry?${WINDOW}&format=ndjson&service_name=s2`);
    const lines = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect([type, rows, lines.length]).toEqual(['application/x-ndjson', 8333, 8333]);
    expect(lines.find((row) => row['metric_value'] === 0.25)).toMatchObject({ tags: { n: 2 }, host: null });
  });

  it('as Parquet has the same rows, typed', async () => {
    const { type, bytes, rows } = await download(`/v1/export/telemetry?${WINDOW}&format=parquet`);
    expect([type, rows]).toEqual(['application/vnd.apache.parquet', SAMPLES]);
    const read = await parquetReadObjects({
      file: Uint8Array.from(bytes).buffer,
      compressors: { ZSTD: (page) => zstdDecompressSync(page) },
    });
    expect(read).toHaveLength(SAMPLES);
    expect(read.find(({ metric_value }) => metric_value === 0.125)).toEqual({
      time: new Date('2026-03-02T00:00:01Z'),
      service_name: 's1',
      metric_name: 'm',
      metric_value: 0.125,
      tags: { n: 1 },
      host: null,
    });
  });

  it('as Arrow has the same rows, typed', async () => {
    const { type, bytes, rows } = await download(`/v1/export/telemetry?${WINDOW}&format=arrow`);
    expect([type, rows]).toEqual(['application/vnd.apache.arrow.stream', SAMPLES]);
    const table = tableFromIPC(bytes);
    expect(table.numRows).toBe(SAMPLES);
    const at = [...table.getChild('metric_value')!].indexOf(0.125);
    expect(table.get(at)!.toJSON()).toEqual({
      time: Date.parse('2026-03-02T00:00:01Z'),
      service_name: 's1',
      metric_name: 'm',
      metric_value: 0.125,
      tags: '{"n": 1}',
      host: null,
    });
  });

  it('of inspections keeps every text unchanged, oldest first', async () => {
    const { body, rows } = await download('/v1/export/inspections?format=csv');
    const parsed = parse(body, { columns: true }) as Record<string, string>[];
    expect(rows).toBe(2);
    expect(
      parsed.map((row) => [row['lot_id'], row['chip_id'], row['result'], row['created_at'], row['die_x']]),
    ).toEqual([
      ['L2', 'b', 'fail', '2026-03-02T07:00:00Z', ''],
      ['X,1', 'say "hi"\n', 'pass', '2026-03-02T08:00:00.123456Z', '-1'],
    ]);
    expect(parsed[1]!['metadata']).toBe('{"a":[1,null]}');
    expect((await download('/v1/export/inspections?result=fail&format=ndjson')).rows).toBe(1);
  });

  it('of measurements names chip and attempt; a missing value stays empty', async () => {
    const { body, rows } = await download('/v1/export/measurements?format=ndjson');
    const lines = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows).toBe(2);
    expect(
      lines
        .map((row) => [row['name'], row['value'], row['lot_id'], row['chip_id'], row['status'], row['die_x']])
        .sort(),
    ).toEqual([
      ['height', null, 'X,1', 'say "hi"\n', 'completed', -1],
      ['width', 0.1, 'X,1', 'say "hi"\n', 'completed', -1],
    ]);
    expect((await download('/v1/export/measurements?name=width&lot_id=X,1')).rows).toBe(1);
  });

  it('without data is a header and 0 rows', async () => {
    const { body, rows } = await download('/v1/export/inspections?lot_id=NONE');
    expect([body.split('\r\n').length, rows]).toEqual([2, 0]);
  });

  it.each(['format=xml', 'from=yesterday', 'limit=5'])('refuses %s before it begins', async (query) => {
    const { status, type } = await download(`/v1/export/inspections?${query}`);
    expect([status, type]).toEqual([400, 'application/problem+json']);
  });

  it('needs a range for telemetry', async () => {
    expect((await download('/v1/export/telemetry')).status).toBe(400);
  });
});

describe('an export that is not read to its end', () => {
  /** Starts a download without reading it, so that the server must wait. */
  const hang = async (): Promise<http.ClientRequest> => {
    const request = http.get(`${stage.app.url}/v1/export/telemetry?${WINDOW}&format=ndjson`);
    request.on('error', () => undefined);
    await once(request, 'response');
    return request;
  };

  it('frees its connection when the reader goes away', async () => {
    const request = await hang();
    await until(async () => (await openExports()) === 1);
    request.destroy();
    await until(async () => (await openExports()) === 0);
  });

  /** Keeps samples locked while `work` runs, so that an export of them does not begin. */
  const whileLocked = (work: (unlock: () => Promise<void>) => Promise<void>): Promise<void> =>
    stage.db.database.withTransaction(async (transaction) => {
      await transaction.query('LOCK TABLE system_metrics IN ACCESS EXCLUSIVE MODE');
      await work(async () => {
        await transaction.query('ROLLBACK');
      });
    });

  it('frees its connection when the reader goes away before the first row', async () => {
    await whileLocked(async () => {
      const request = http.get(`${stage.app.url}/v1/export/telemetry?${WINDOW}`);
      request.on('error', () => undefined);
      await until(async () => (await openExports()) === 1);
      request.destroy();
      await until(async () => (await openExports()) === 0);
    });
    expect((await download(`/v1/export/telemetry?${WINDOW}`)).rows).toBe(SAMPLES);
  });

  it('may take its own time for the first row, not that of a question', async () => {
    const app = await QueryApp.start(stage.db.url, { QUERY_TIMEOUT_MS: 100, EXPORT_MAX_SECONDS: 60 });
    const hasty = await QueryApp.start(stage.db.url, { EXPORT_MAX_SECONDS: 1 });
    try {
      await whileLocked(async (unlock) => {
        const { status, body } = await hasty.get<{ code: string; detail: string }>(`/v1/export/telemetry?${WINDOW}`);
        expect([status, body]).toMatchObject([
          503,
          { code: 'query_timeout', detail: expect.stringContaining('1000 ms') },
        ]);
        const begun = fetch(`${app.url}/v1/export/telemetry?${WINDOW}`);
        await until(async () => (await openExports()) === 1);
        await sleep(300);
        await unlock();
        expect((await (await begun).text()).trim().split('\r\n')).toHaveLength(SAMPLES + 1);
      });
    } finally {
      await app.stop();
      await hasty.stop();
    }
  });

  it('makes another export wait instead of starving other questions', async () => {
    const request = await hang();
    const { status, body } = await download(`/v1/export/telemetry?${WINDOW}`);
    expect([status, JSON.parse(body)]).toEqual([503, expect.objectContaining({ code: 'overloaded' })]);
    expect((await stage.app.get('/v1/yield')).status).toBe(200);
    request.destroy();
    await until(async () => (await openExports()) === 0);
    expect((await download(`/v1/export/telemetry?${WINDOW}`)).rows).toBe(SAMPLES);
  });

  it.each(['identity', 'gzip'])('in %s breaks off visibly when the database goes away', async (encoding) => {
    const headers = { 'accept-encoding': encoding };
    const request = http.get(`${stage.app.url}/v1/export/telemetry?${WINDOW}&format=ndjson`, { headers });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    await until(async () => (await openExports()) === 1);
    await stage.db.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'chip-query' AND state <> 'idle'`,
      [stage.db.name],
    );
    await expect(
      (async () => {
        for await (const _ of response) {
        }
      })(),
    ).rejects.toThrow(/aborted|reset|hang up/i);
    expect(response.trailers).toEqual({});
    expect((await stage.app.get('/v1/yield')).status).toBe(200);
  });
});
