import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lotIdentity } from '@chip/contracts';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

describe('inspection types', () => {
  let db: TestDatabase;
  let client: pg.Client;
  const lot = lotIdentity('', 'L');
  const insert = (type: string): string =>
    `INSERT INTO inspections (lot_id, chip_id, inspection_type) VALUES ('${lot}', 'C', '${type}')`;
  const refused = { code: '23503', table: 'inspections', constraint: 'inspections_inspection_type_fkey' };

  beforeAll(async () => {
    db = await createTestDatabase();
    client = new pg.Client({ connectionString: db.url });
    await client.connect();
    await client.query(`INSERT INTO lots (id, lot_id) VALUES ($1, 'L')`, [lot]);
    await client.query(`INSERT INTO inspection_types VALUES ('sonic', 'by ear'), ('spare', 'for nothing')`);
    await client.query(insert('visual'));
  });
  afterAll(async () => {
    await client.end();
    await db.drop();
  });

  it.each([
    ['an inspection of an unknown type', insert('palmistry')],
    ['a change to an unknown type', `UPDATE inspections SET inspection_type = 'palmistry'`],
    ['to delete a type in use', `DELETE FROM inspection_types WHERE name = 'visual'`],
    ['to rename a type in use', `UPDATE inspection_types SET name = 'optical' WHERE name = 'visual'`],
  ])('refuse %s, as a foreign key would', async (_, statement) => {
    await expect(client.query(statement)).rejects.toMatchObject(refused);
  });

  it('that are not in use can be renamed and deleted', async () => {
    await client.query(`UPDATE inspection_types SET name = 'reserve' WHERE name = 'spare'`);
    expect((await client.query(`DELETE FROM inspection_types WHERE name = 'reserve'`)).rowCount).toBe(1);
    await client.query(`UPDATE inspection_types SET description = 'by eye' WHERE name = 'visual'`);
  });

  it('cannot be deleted while a load that has not committed yet uses them', async () => {
    await client.query('BEGIN');
    await client.query(insert('sonic'));
    await expect(
      db.database.query(
        `BEGIN; SET LOCAL lock_timeout = '100ms'; DELETE FROM inspection_types WHERE name = 'sonic'; COMMIT`,
      ),
    ).rejects.toMatchObject({ sqlstate: '55P03' });
    await client.query('COMMIT');
    await expect(client.query(`DELETE FROM inspection_types WHERE name = 'sonic'`)).rejects.toMatchObject(refused);
  });
});
