import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createKey, Database } from '@chip/persistence';
import { migrate } from '@chip/persistence/schema';
import { createTestDatabase, PrivateServer, type TestDatabase, withDatabase } from '@chip/persistence/testing';
import { createLogger } from '@chip/service';
import { waitFor } from '@chip/testing';
import { QueryApp } from './query-app.ts';
import { seedAttempts } from './seed.ts';
import { TcpGate } from './tcp-gate.ts';

const urlOf = (variable: string, database: string): string => {
  const url = process.env[variable];
  if (!url) {
    throw new Error(`${variable} is not set: the local stack gives each service its own user`);
  }
  return withDatabase(url, database);
};
const order = (chip_id: string) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ lot_id: 'LOT-7', chip_id, inspection_type: 'visual' }),
});
const RANGE = 'from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z';

/** Every read-only question, once. */
async function expectReads(app: QueryApp, inspection: string): Promise<void> {
  for (const path of [
    '/v1/inspections',
    `/v1/inspections/${inspection}`,
    `/v1/yield?${RANGE}&group_by=month`,
    `/v1/yield?${RANGE}&kind=rolled_throughput`,
    `/v1/defects/pareto?by=class&${RANGE}`,
    `/v1/defects/density?${RANGE}`,
    `/v1/bins/pareto?bin=hard&${RANGE}`,
    '/v1/lots',
    '/v1/lots/LOT-7',
    '/v1/lots/LOT-7/parts/seed',
    '/v1/lots/LOT-7/map',
    '/v1/lots/LOT-7/wafers/W1/map?value=result',
    `/v1/equipment/compare?${RANGE}`,
    `/v1/equipment/E1/units?${RANGE}`,
    `/v1/spc?parameter=vth&chart=imr&${RANGE}`,
    `/v1/capability?parameter=vth&lsl=0&usl=1&${RANGE}`,
    `/v1/telemetry/summary?metric_name=m&${RANGE}`,
    `/v1/telemetry/series?metric_name=m&${RANGE}`,
    '/v1/summary/daily?from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z',
    `/v1/export/inspections?format=csv&${RANGE}`,
    '/v1/audit/verify',
    '/v1/pipeline',
    '/v1/ledger',
    '/health/ready',
  ]) {
    expect([path, (await app.get(path)).status]).toEqual([path, 200]);
  }
}

/** One attempt on one wafer, for {@link expectReads}. @returns the id of its inspection */
async function seed(database: Database): Promise<string> {
  const [inspection] = await seedAttempts(database, [
    { lot_id: 'LOT-7', chip_id: 'seed', result: 'pass', wafer_id: 'W1', die_x: 1, die_y: 1, equipment_id: 'E1' },
  ]);
  await database.query(
    `INSERT INTO wafers (id, lot_id, wafer_id) SELECT gen_random_uuid(), id, 'W1' FROM lots WHERE lot_id = 'LOT-7'`,
  );
  return inspection!;
}

describe('two database URLs', () => {
  let db: TestDatabase;
  let inspection: string;
  beforeAll(async () => {
    db = await createTestDatabase();
    inspection = await seed(db.database);
  });
  afterAll(() => db.drop());

  /** Who is connected to this database as the query service. */
  const sessions = async (): Promise<string[]> =>
    (
      await db.database.query<{ role: string }>(
        `SELECT DISTINCT usename::text AS role FROM pg_stat_activity
          WHERE datname = $1 AND application_name = 'chip-query' ORDER BY 1`,
        [db.name],
      )
    ).map(({ role }) => role);

  it('reads with one and writes with the other', async () => {
    const app = await QueryApp.start(urlOf('QUERY_DATABASE_URL', db.name), {
      READ_DATABASE_URL: urlOf('READER_DATABASE_URL', db.name),
    });
    try {
      await expectReads(app, inspection);
      expect(await sessions()).toEqual(['chip_reader']);

      const { status, body } = await app.get<{ id: string; status: string }>('/v1/inspections', order('new'));
      expect([status, body.status]).toEqual([201, 'pending']);
      expect(await sessions()).toEqual(['chip_api', 'chip_reader']);
      // The same database serves both, so the row is visible at once.
      expect((await app.get(`/v1/inspections/${body.id}`)).status).toBe(200);
    } finally {
      await app.stop();
    }
    // Not immediately: the server notices a closed connection a little later.
    await waitFor(sessions, (roles) => roles.length === 0);
  });

  it('without the second URL, one role does both', async () => {
    const app = await QueryApp.start(urlOf('QUERY_DATABASE_URL', db.name));
    try {
      expect((await app.get('/v1/inspections')).status).toBe(200);
      expect((await app.get('/v1/inspections', order('one role'))).status).toBe(201);
      expect(await sessions()).toEqual(['chip_api']);
    } finally {
      await app.stop();
    }
    await waitFor(sessions, (roles) => roles.length === 0);
  });

  it('while the primary is unavailable, reads continue and the service is ready', async () => {
    const away = new URL(urlOf('QUERY_DATABASE_URL', db.name));
    away.port = '1';
    const app = await QueryApp.start(away.href, { READ_DATABASE_URL: urlOf('READER_DATABASE_URL', db.name) });
    try {
      expect((await app.get('/v1/inspections')).status).toBe(200);
      expect((await app.get('/health/ready')).status).toBe(200);
      const refused = await app.get<{ code: string }>('/v1/inspections', order('away'));
      expect([refused.status, refused.body.code]).toEqual([503, 'database_unavailable']);
    } finally {
      await app.stop();
    }
  });
});

describe('a database that falls silent', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const key = () =>
    createKey(
      db.database,
      { name: 'silent', role: 'viewer', scopes: [], sites: null, products: null, expires_at: null },
      { by: 'test', reason: 'a test' },
    );

  it('as the primary leaves the keys to the replica', async () => {
    const gate = await TcpGate.before(urlOf('QUERY_DATABASE_URL', db.name));
    const app = await QueryApp.start(gate.through(urlOf('QUERY_DATABASE_URL', db.name)), {
      READ_DATABASE_URL: urlOf('QUERY_DATABASE_URL', db.name),
      AUTH_MODE: 'keys',
    });
    try {
      const headers = { authorization: `Bearer ${(await key()).key}` };
      expect((await app.get('/v1/lots', { headers })).status).toBe(200);
      gate.fallSilent(true);
      // Longer than the list may be old.
      for (const until = Date.now() + 8_000; Date.now() < until; await sleep(500)) {
        const answer = await app.get('/v1/lots', { headers, signal: AbortSignal.timeout(30_000) });
        expect(answer.status).toBe(200);
      }
    } finally {
      await gate.shut();
      await app.stop();
    }
  }, 120_000);

  it('as the primary answers writes with a problem', async () => {
    const gate = await TcpGate.before(urlOf('QUERY_DATABASE_URL', db.name));
    const app = await QueryApp.start(gate.through(urlOf('QUERY_DATABASE_URL', db.name)), { QUERY_TIMEOUT_MS: 500 });
    try {
      expect((await app.get('/v1/inspections', order('heard'))).status).toBe(201);
      gate.fallSilent(true);
      const refused = await app.get<{ code: string }>('/v1/inspections', {
        ...order('unheard'),
        signal: AbortSignal.timeout(45_000),
      });
      expect([refused.status, refused.body.code]).toEqual([503, 'database_unavailable']);
    } finally {
      await gate.shut();
      await app.stop();
    }
  }, 120_000);

  it('holds its connections no longer than statements may take', async () => {
    const gate = await TcpGate.before(urlOf('QUERY_DATABASE_URL', db.name));
    const app = await QueryApp.start(gate.through(urlOf('QUERY_DATABASE_URL', db.name)), { QUERY_TIMEOUT_MS: 500 });
    try {
      expect((await app.get('/v1/lots')).status).toBe(200);
      gate.fallSilent(false);
      // A connection that is given up makes room for one that finds the server as it is now.
      await waitFor(
        () => app.get('/v1/lots', { signal: AbortSignal.timeout(30_000) }),
        ({ status }) => status === 200,
      );
    } finally {
      await gate.shut();
      await app.stop();
    }
  }, 120_000);
});

describe('a primary and its hot standby', () => {
  let primary: PrivateServer;
  let standby: PrivateServer;
  let database: Database;
  beforeAll(async () => {
    primary = await PrivateServer.start({ shared_preload_libraries: 'timescaledb', shared_buffers: '16MB' });
    await migrate(primary.url());
    standby = await primary.startStandby();
    database = new Database({ url: primary.url(), applicationName: 'chip-test' });
  });
  afterAll(async () => {
    await database?.close();
    await standby?.stop();
    await primary?.stop();
  });

  const stored = (server: PrivateServer, chip: string) =>
    server.query('postgres', `SELECT status FROM inspections WHERE chip_id = '${chip}'`);
  const sessionsOn = (server: PrivateServer) =>
    server.query('postgres', `SELECT FROM pg_stat_activity WHERE application_name = 'chip-query'`);

  it('reads come from the standby, writes go to the primary', async () => {
    const inspection = await seed(database);
    await waitFor(
      () => stored(standby, 'seed'),
      (rows) => rows.length === 1,
    );
    const app = await QueryApp.start(primary.url(), { READ_DATABASE_URL: standby.url() });
    try {
      await expectReads(app, inspection);
      expect([(await sessionsOn(primary)).length, (await sessionsOn(standby)).length > 0]).toEqual([0, true]);
      // The service reads the answer back from the primary, because the standby may lag.
      const { status, body } = await app.get<{ id: string; status: string }>('/v1/inspections', order('new'));
      expect([status, body.status]).toEqual([201, 'pending']);
      await waitFor(
        () => app.get(`/v1/inspections/${body.id}`),
        (answer) => answer.status === 200,
      );
    } finally {
      await app.stop();
    }
  });

  it('is not ready while the standby lags too far, and ready again once it has caught up', async () => {
    const app = await QueryApp.start(primary.url(), { READ_DATABASE_URL: standby.url(), MAX_REPLICA_LAG: 1 });
    const ready = async () => (await app.get('/health/ready')).status;
    try {
      await waitFor(ready, (status) => status === 200);
      await standby.query('postgres', 'SELECT pg_wal_replay_pause()');
      await database.query(`INSERT INTO lots (id, lot_id) VALUES (gen_random_uuid(), 'while it pauses')`);
      await waitFor(ready, (status) => status === 503);
      await standby.query('postgres', 'SELECT pg_wal_replay_resume()');
      await waitFor(ready, (status) => status === 200);
    } finally {
      await app.stop();
    }
  });

  describe('an export from the standby while the primary folds', () => {
    const exported = 60_000;
    beforeAll(async () => {
      await database.query(
        `INSERT INTO system_metrics (time, service_name, metric_name, metric_value, tags)
         SELECT '2026-03-02T00:00:00Z'::timestamptz + n * INTERVAL '1 second', 's', 'm', n, jsonb_build_object('n', repeat('x', 300))
         FROM generate_series(1, $1::int) AS n`,
        [exported],
      );
      for (const setting of ['max_standby_streaming_delay = 0', 'wal_receiver_status_interval = 1']) {
        await standby.query('postgres', `ALTER SYSTEM SET ${setting}`);
      }
    });

    /** Replays everything, sets whether the standby tells the primary of its readers, and waits until it does. */
    const feedback = async (isOn: boolean): Promise<void> => {
      await standby.query('postgres', `ALTER SYSTEM SET hot_standby_feedback = ${isOn}`);
      await standby.query('postgres', 'SELECT pg_reload_conf()');
      await waitFor(
        () =>
          primary.query<{ told: boolean }>(
            'postgres',
            'SELECT backend_xmin IS NOT NULL AS told FROM pg_stat_replication',
          ),
        ([state]) => state?.told === isOn,
      );
    };
    const replayed = async (): Promise<void> => {
      const [{ lsn }] = (await primary.query<{ lsn: string }>(
        'postgres',
        'SELECT pg_current_wal_lsn()::text AS lsn',
      )) as [{ lsn: string }];
      await waitFor(
        () => standby.query<{ done: boolean }>('postgres', `SELECT pg_last_wal_replay_lsn() >= '${lsn}' AS done`),
        ([row]) => row?.done === true,
      );
    };
    /** Begins an export and leaves it unread, folds and vacuums, then reads the rest. @returns its rows by the trailer */
    const exportMeanwhile = async (app: QueryApp): Promise<number | undefined> => {
      const request = http.get(`${app.url}/v1/export/telemetry?${RANGE}`);
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      // An answer that is cut ends with an error.
      response.on('error', () => undefined);
      const closed = new Promise((resolve) => response.once('close', resolve));
      for (let round = 1; round <= 3; round += 1) {
        await database.query(`INSERT INTO metrics_delta VALUES ('2026-03-02T00:00:00Z', 's', 'm', NULL, 1, 1, 1, 1)`);
        await database.query('SELECT fold_metrics()');
        await primary.query('postgres', 'VACUUM metrics_delta');
      }
      await replayed();
      response.resume();
      await closed;
      const rows = response.trailers['x-row-count'];
      return rows === undefined ? undefined : Number(rows);
    };

    it('ends whole when the primary knows of the readers', async () => {
      await feedback(true);
      const { logger } = createLogger({ name: 'query', level: 'silent' });
      const warn = jest.spyOn(logger, 'warn');
      const app = await QueryApp.start(primary.url(), { READ_DATABASE_URL: standby.url() }, { logger });
      try {
        expect((await app.get('/health/ready')).status).toBe(200);
        expect(await exportMeanwhile(app)).toBe(exported);
        expect(warn).not.toHaveBeenCalled();
      } finally {
        await app.stop();
      }
    });

    it('is cut without that, visibly, and the service has said so before', async () => {
      await feedback(false);
      const { logger } = createLogger({ name: 'query', level: 'silent' });
      const warn = jest.spyOn(logger, 'warn');
      const app = await QueryApp.start(primary.url(), { READ_DATABASE_URL: standby.url() }, { logger });
      try {
        expect((await app.get('/health/ready')).status).toBe(200);
        expect(warn).toHaveBeenCalledWith(expect.anything(), 'replica_cancels_exports');
        expect(await exportMeanwhile(app)).toBeUndefined();
      } finally {
        await app.stop();
      }
    });
  });

  it('when the host for writes leads to the standby (25006), writes are unavailable, and work again once it is promoted', async () => {
    const app = await QueryApp.start(standby.url(), { READ_DATABASE_URL: primary.url() });
    try {
      const refused = await app.get<{ code: string }>('/v1/inspections', order('too early'));
      expect([refused.status, refused.body.code]).toEqual([503, 'database_unavailable']);
      expect((await app.get('/v1/inspections')).status).toBe(200);
      expect((await app.get('/health/ready')).status).toBe(200);
      expect(await stored(standby, 'too early')).toEqual([]);
      // The service does not keep a connection to the wrong server: the next one resolves the name again.
      await waitFor(
        () => sessionsOn(standby),
        (sessions) => sessions.length === 0,
        // Before an idle one would be closed.
        { timeoutMs: 20_000 },
      );

      // Sent while the server is still a standby: the service retries what it refuses at first.
      const waiting = app.get('/v1/inspections', order('in time'));
      await standby.promote();
      expect((await waiting).status).toBe(201);
      expect(await stored(standby, 'in time')).toEqual([{ status: 'pending' }]);
      expect(await stored(primary, 'in time')).toEqual([]);
    } finally {
      await app.stop();
    }
  });
});
