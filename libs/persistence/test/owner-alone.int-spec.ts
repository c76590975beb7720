import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKey, Database, listKeys } from '../src/index.ts';
import { migrate } from '../src/schema/migrate.ts';
import { PrivateServer } from '../src/testing/index.ts';

const RIGHTS = { name: 'k', role: 'viewer', scopes: [], sites: null, products: null, expires_at: null } as const;
const CHANGE = { by: 'jo', reason: 'a new key' };

describe('a server whose owner may not create roles', () => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await PrivateServer.start({ shared_preload_libraries: 'timescaledb' });
    await server.query('postgres', `CREATE ROLE plain LOGIN PASSWORD 'p'`);
    await server.query('postgres', 'CREATE DATABASE d OWNER plain');
    await server.query('d', 'CREATE EXTENSION IF NOT EXISTS timescaledb');
  }, 120_000);
  afterAll(() => server.stop());

  const as = (role: string): string => {
    const url = new URL(server.url('d'));
    url.username = role;
    url.password = 'p';
    return url.href;
  };
  const through = async <T>(role: string, work: (database: Database) => Promise<T>): Promise<T> => {
    const database = new Database({ url: as(role), applicationName: 'chip-test' });
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  };
  const migrated = async (): Promise<string[]> => {
    const lines: string[] = [];
    await migrate(as('plain'), { log: (line) => lines.push(line) });
    return lines;
  };

  it('lets the load have temporary tables, although it may not change the role, on a server that takes them from everyone', async () => {
    await server.query('postgres', 'CREATE ROLE chip_writer LOGIN');
    await server.query('postgres', 'REVOKE TEMPORARY ON DATABASE d FROM PUBLIC');
    expect(await migrated()).toContain(
      'this user may not change the settings of role chip_writer: they stay as they are',
    );
    expect(await server.query('d', `SELECT has_database_privilege('chip_writer', 'd', 'TEMPORARY') AS may`)).toEqual([
      { may: true },
    ]);
  }, 120_000);

  it('migrates without the role of operators and stays its own operator; the role works once it exists', async () => {
    const missing = 'role chip_operator does not exist and this user may not create it: create it, then migrate again';
    expect(await migrated()).toContain(missing);
    const { prefix } = await through('plain', (database) => createKey(database, RIGHTS, CHANGE));

    await server.query('postgres', `CREATE ROLE chip_operator LOGIN PASSWORD 'p'`);
    await expect(through('chip_operator', listKeys)).rejects.toThrow('permission denied');
    expect(await migrated()).not.toContain(missing);
    expect(await through('chip_operator', listKeys)).toMatchObject([{ prefix, name: 'k' }]);
    await through('chip_operator', (database) => createKey(database, RIGHTS, CHANGE));
    expect(await through('plain', listKeys)).toHaveLength(2);
  }, 120_000);
});
