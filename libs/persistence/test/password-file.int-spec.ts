import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { requiredEnv } from '@chip/testing';
import { Database, LoadSession } from '../src/index.ts';
import { migrate } from '../src/schema/migrate.ts';
import { UnitOfWork } from '../src/repositories/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

const ROLE = `chip_test_${randomBytes(6).toString('hex')}`;
const APPLICATION = 'chip-test-password';
const FOLDER = mkdtempSync(path.join(tmpdir(), 'chip-password-'));
const FILE = path.join(FOLDER, 'password');
let db: TestDatabase;
let url: string;

/** Changes the password, and ends the connections that were made with the old one. */
async function changePassword(password: string): Promise<void> {
  await db.database.query(`ALTER ROLE ${ROLE} PASSWORD '${password}'`);
  await db.database.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()',
    [ROLE],
  );
}

beforeAll(async () => {
  db = await createTestDatabase();
  await db.database.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD 'first' IN ROLE chip_api`);
  writeFileSync(FILE, 'first\n');
  const changed = new URL(db.url);
  changed.username = ROLE;
  changed.password = '';
  changed.searchParams.set('passwordfile', FILE);
  url = changed.href;
}, 60_000);
afterAll(async () => {
  await db.drop();
  const server = new Database({ url: requiredEnv('DATABASE_URL'), applicationName: APPLICATION });
  await server.query(`DROP ROLE ${ROLE}`);
  await server.close();
  rmSync(FOLDER, { recursive: true });
});

it('is read for each new connection: of a pool, of a load and of the repositories', async () => {
  const database = new Database({ url, applicationName: APPLICATION });
  const unitOfWork = new UnitOfWork({ url, applicationName: APPLICATION });
  const works = async (): Promise<void> => {
    expect(await database.query('SELECT current_user AS name')).toEqual([{ name: ROLE }]);
    await unitOfWork.run(({ parameters }) => parameters.versions({ name: 'none' }));
    await (await LoadSession.open({ url, applicationName: APPLICATION })).close();
  };
  try {
    await works();
    await changePassword('second');
    // What is in the file does not open a connection any more.
    await expect(LoadSession.open({ url, applicationName: APPLICATION })).rejects.toMatchObject({ sqlstate: '28P01' });
    writeFileSync(FILE, 'second');
    // The pools may still hold a connection whose end they have not seen.
    await expect(Promise.all([database.query('SELECT 1'), database.query('SELECT 1')])).resolves.toBeDefined();
    await works();
    // Away for a moment: the one before is tried, and the next connection works. None is left half open at the server.
    rmSync(FILE);
    await changePassword('third');
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ sqlstate: '28P01' });
    expect(
      await db.database.query(
        `SELECT pid FROM pg_stat_activity WHERE state IS NULL AND backend_type = 'client backend'`,
      ),
    ).toEqual([]);
    writeFileSync(FILE, 'third');
    await works();
  } finally {
    await database.close();
    await unitOfWork.close();
  }
});

it('serves migrations, too', async () => {
  await expect(migrate(url)).rejects.toMatchObject({ sqlstate: '42501' });
});
