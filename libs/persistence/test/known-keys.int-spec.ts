import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createKey, KnownKeys, revokeKey, rotateKey } from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

let primary: TestDatabase;
let replica: TestDatabase;
beforeAll(async () => {
  [primary, replica] = await Promise.all([createTestDatabase(), createTestDatabase()]);
});
afterAll(() => Promise.all([primary.drop(), replica.drop()]));

it('a revoked key stays revoked while a replica that lags is read', async () => {
  const change = { by: 'jo', reason: 'test' };
  const rights = { role: 'viewer', scopes: [], sites: null, products: null } as const;
  const { key, prefix } = await createKey(primary.database, { name: 'k', expires_at: null, ...rights }, change);
  const [row] = await primary.database.query<{ row: object }>('SELECT to_json(k) AS row FROM private.api_keys AS k');
  await replica.database.query(
    `INSERT INTO private.api_keys OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_record(NULL::private.api_keys, $1)`,
    [JSON.stringify(row!.row)],
  );
  const known = new KnownKeys();
  await known.refresh(replica.database, false);
  expect(known.find(key)).toBeDefined();
  await revokeKey(primary.database, prefix, change);
  await known.refresh(primary.database, true);
  expect(known.find(key)).toBeUndefined();
  await known.refresh(replica.database, false);
  expect(known.find(key)).toBeUndefined();
  // A primary that was promoted before it had the revocation: what it says holds from now on.
  await known.refresh(replica.database, true);
  expect(known.find(key)).toBeDefined();
});

it('a key ends when it is due, although nothing about the keys has changed, and no rotation prolongs it', async () => {
  const change = { by: 'jo', reason: 'test' };
  const rights = { role: 'viewer', scopes: [], sites: null, products: null } as const;
  const end = Date.now() + 3_600_000;
  const { key, prefix } = await createKey(
    primary.database,
    { name: 'k', expires_at: new Date(end).toISOString(), ...rights },
    change,
  );
  const known = new KnownKeys();
  const isKnown = (atMs: number): boolean => known.find(key, new Date(atMs)) !== undefined;
  await known.refresh(primary.database, true);
  expect([isKnown(end - 1), isKnown(end)]).toEqual([true, false]);
  const day = 86_400;
  await rotateKey(primary.database, prefix, day, change, new Date(end + 90 * day * 1000).toISOString());
  await known.refresh(primary.database, true);
  expect([isKnown(end - 1), isKnown(end)]).toEqual([true, false]);
});
