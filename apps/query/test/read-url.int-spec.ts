import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase, withDatabase } from '@chip/persistence/testing';
import { waitFor } from '@chip/testing';
import { QueryApp } from './query-app.ts';
import { seedAttempts } from './seed.ts';

const urlOf = (variable: string, database: string): string => {
  const url = process.env[variable];
  if (!url) throw new Error(`${variable} is not set: the local stack gives each service its own user`);
  return withDatabase(url, database);
};
const order = (chip_id: string) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ lot_id: 'LOT-7', chip_id, inspection_type: 'visual' }),
});
const RANGE = 'from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z';

describe('two database URLs', () => {
  let db: TestDatabase;
  let inspection: string;
  beforeAll(async () => {
    db = await createTestDatabase();
    [inspection] = (await seedAttempts(db.database, [
      { lot_id: 'LOT-7', chip_id: 'seed', result: 'pass', wafer_id: 'W1', die_x: 1, die_y: 1, equipment_id: 'E1' },
    ])) as [string];
    await db.database.query(
      `INSERT INTO wafers (id, lot_id, wafer_id) SELECT gen_random_uuid(), id, 'W1' FROM lots WHERE lot_id = 'LOT-7'`,
    );
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
      ])
        expect([path, (await app.get(path)).status]).toEqual([path, 200]);
      expect(await sessions()).toEqual(['chip_reader']);

      const { status, body } = await app.get<{ id: string; status: string }>('/v1/inspections', order('new'));
      expect([status, body.status]).toEqual([201, 'pending']);
      expect(await sessions()).toEqual(['chip_api', 'chip_reader']);
      // The same database behind both, so that it is there at once.
      expect((await app.get(`/v1/inspections/${body.id}`)).status).toBe(200);
    } finally {
      await app.stop();
    }
    // Not at once: the server notices a closed connection a little later.
    await waitFor(sessions, (roles) => roles.length === 0);
  });

  it('without the second one, one role does both', async () => {
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

  it('a server that takes no writes (25006) refuses what writes as unavailable; reading goes on', async () => {
    const standby = new URL(urlOf('QUERY_DATABASE_URL', db.name));
    // As a standby answers: cannot execute INSERT in a read-only transaction.
    standby.searchParams.set('options', '-c default_transaction_read_only=on');
    const app = await QueryApp.start(standby.href, { READ_DATABASE_URL: urlOf('READER_DATABASE_URL', db.name) });
    try {
      const refused = await app.get<{ code: string }>('/v1/inspections', order('standby'));
      expect([refused.status, refused.body.code]).toEqual([503, 'database_unavailable']);
      expect((await app.get('/v1/inspections')).status).toBe(200);
      expect((await app.get('/health/ready')).status).toBe(200);
      expect(await db.database.query(`SELECT FROM inspections WHERE chip_id = 'standby'`)).toEqual([]);
    } finally {
      await app.stop();
    }
  });

  it('while the primary is away, reading goes on and the service is ready', async () => {
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
