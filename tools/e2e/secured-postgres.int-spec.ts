import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestAuthority, waitFor } from '@chip/testing';
import { Pipeline } from './pipeline.ts';
import { SecuredPostgres } from './secured-postgres.ts';

const SAMPLES = 'telemetry.samples.v1';
const RESULTS = 'inspection.results.v1';

let server: SecuredPostgres;
let pipeline: Pipeline;
const GIVEN = process.env['DATABASE_URL'];
let databaseName: string;
const as = (variable: string, parameters?: string): Record<string, string> => ({
  DATABASE_URL: server.url(variable, databaseName, parameters),
});

beforeAll(async () => {
  server = await SecuredPostgres.start();
  process.env['DATABASE_URL'] = server.url('DATABASE_URL', 'chip_quality');
  pipeline = await Pipeline.createFromNothing();
  databaseName = (await pipeline.one<{ name: string }>('SELECT current_database() AS name')).name;
}, 240_000);
afterAll(async () => {
  await pipeline?.close();
  if (GIVEN !== undefined) {
    process.env['DATABASE_URL'] = GIVEN;
  }
  await server?.stop();
}, 180_000);

describe('PostgreSQL with verify-full', () => {
  it('serves every service and every command, each as its own role', async () => {
    const [ingest, , query] = await Promise.all([
      pipeline.start('ingest', as('INGEST_DATABASE_URL')),
      pipeline.start('writer', as('WRITER_DATABASE_URL')),
      pipeline.start('query', {
        ...as('QUERY_DATABASE_URL'),
        READ_DATABASE_URL: server.url('READER_DATABASE_URL', databaseName),
      }),
    ]);
    await pipeline.produce(SAMPLES, [
      {
        key: 'h',
        value: JSON.stringify({
          time: new Date().toISOString(),
          service_name: 's',
          metric_name: 'm',
          metric_value: 1,
          host: 'h',
        }),
      },
    ]);
    await pipeline.produce(RESULTS, [
      {
        key: 'L',
        value: JSON.stringify({
          event_id: '0b0e7a35-6d06-4b6c-8d0e-7d4a4c8f7a10',
          lot_id: 'L',
          chip_id: '1',
          inspection_type: 'visual',
          status: 'completed',
          result: 'pass',
          occurred_at: new Date().toISOString(),
        }),
      },
    ]);
    await pipeline.untilIdle();
    // The one route that writes goes through MikroORM.
    const scheduled = await fetch(`${query.url}/v1/inspections`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ lot_id: 'L', chip_id: '2', inspection_type: 'visual' }),
    });
    expect(scheduled.status).toBe(201);
    const { items } = (await (await fetch(`${query.url}/v1/inspections?lot_id=L`)).json()) as { items: object[] };
    expect(items).toHaveLength(2);
    expect((await fetch(`${ingest.url}/health/ready`)).status).toBe(200);

    const { rows } = await pipeline.database.query<{ name: string; encrypted: boolean }>(
      `SELECT application_name AS name, bool_and(ssl) AS encrypted
         FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
        WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY 1`,
    );
    const names = rows.map(({ name }) => name);
    expect(rows.filter(({ encrypted }) => !encrypted)).toEqual([]);
    for (const name of ['chip-ingest', 'chip-query', 'chip-writer']) {
      expect(names.some((found) => found.startsWith(name))).toBe(true);
    }

    for (const [entry, ...args] of [
      ['db', 'status'],
      ['db', 'check'],
      ['db', 'retention', 'show'],
      ['topics', 'check'],
      ['positions', 'show'],
      ['keys', 'create', '--role', 'viewer', '--quiet'],
      ['keys', 'list'],
    ] as [string, ...string[]][]) {
      await pipeline.run('operator', entry, args, as('DATABASE_URL'));
    }
  }, 180_000);

  it('is refused where it is not sure whom it reaches', async () => {
    const stranger = await TestAuthority.create();
    try {
      const through = (parameters: string, host = '127.0.0.1'): Promise<string> =>
        pipeline
          .run('operator', 'db', ['status'], {
            DATABASE_URL: as('DATABASE_URL', parameters)['DATABASE_URL']!.replace('127.0.0.1', host),
          })
          .then(
            () => 'connected',
            (error: Error) => error.message,
          );
      expect(await through(`sslmode=verify-full&sslrootcert=${server.authority}`)).toBe('connected');
      // Another authority, the authorities that everyone knows, another name, and no encryption at all.
      expect(await through(`sslmode=verify-full&sslrootcert=${stranger.certificate}`)).toMatch(/certificate/);
      expect(await through('sslmode=verify-full')).toMatch(/certificate/);
      expect(await through(`sslmode=verify-full&sslrootcert=${server.authority}`, 'localhost')).toMatch(
        /altnames|Host: localhost/,
      );
      for (const parameters of ['', 'sslmode=disable']) {
        expect(await through(parameters)).toMatch(/no encryption|pg_hba/);
      }
      expect(await through('sslmode=require')).toMatch(/database_url_invalid/);
    } finally {
      stranger.remove();
    }
  }, 300_000);

  it('leaves a service that cannot trust its database up, not ready, and with the reason', async () => {
    const stranger = await TestAuthority.create();
    try {
      const query = await pipeline.launch(
        'query',
        as('QUERY_DATABASE_URL', `sslmode=verify-full&sslrootcert=${stranger.certificate}`),
      );
      const body = await waitFor(
        async () => (await (await fetch(`${query.url}/health/ready`)).json()) as { status: string },
        ({ status }) => status === 'down',
      );
      expect(JSON.stringify(body)).toMatch(/certificate/);
      expect(await pipeline.end(query)).toBe(0);
    } finally {
      stranger.remove();
    }
  }, 180_000);
});
