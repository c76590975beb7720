import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inspectionIdentity, lotIdentity, partIdentity } from '@chip/contracts';
import { EntityCaseNamingStrategy, MikroORM } from '@mikro-orm/postgresql';
import { ormDialect } from '../src/connection/orm-dialect.ts';
import { DuplicateInspectionError, UnitOfWork } from '../src/repositories/index.ts';
import { ENTITIES } from '../src/schema/entities/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

describe('unit of work', () => {
  let db: TestDatabase;
  let unit: UnitOfWork;
  beforeAll(async () => {
    db = await createTestDatabase();
    unit = new UnitOfWork({ url: db.url, applicationName: 'chip-test-unit', max: 3 });
  });
  afterAll(async () => {
    await unit.close();
    await db.drop();
  });

  const schedule = { site: 'fab', lot_id: 'LOT', chip_id: 'C1', inspection_type: 'visual' };
  const count = async (table: string): Promise<number> =>
    (await db.database.query<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))[0]?.n ?? -1;

  it('schedules an inspection with its lot and part, pending, with the ids a writer computes', async () => {
    const created = await unit.run(({ inspections }) =>
      inspections.create({ ...schedule, priority: 2, metadata: { shift: 'night' }, product: 'P' }),
    );
    const [row] = await db.database.query<object>(
      `SELECT i.id, i.status, i.priority, i.product, i.metadata, l.site, l.lot_id, p.chip_id
       FROM inspections AS i JOIN lots AS l ON l.id = i.lot_id JOIN parts AS p ON p.lot_id = l.id`,
    );
    expect(row).toEqual({
      id: created.id,
      status: 'pending',
      priority: 2,
      product: 'P',
      metadata: { shift: 'night' },
      site: 'fab',
      lot_id: 'LOT',
      chip_id: 'C1',
    });
    // What the database filled in comes back; microseconds, of which zeros at the end are left out.
    expect(created).toMatchObject({ status: 'pending', chip_id: 'C1' });
    expect(created.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/);
  });

  it('computes ids like the one of its lot, where an earlier version stored it', async () => {
    const old = { ...schedule, lot_id: 'OLD' };
    await db.database.query('INSERT INTO lots (id, site, lot_id) VALUES ($1, $2, $3)', [
      lotIdentity(old.site, old.lot_id, '5'),
      old.site,
      old.lot_id,
    ]);
    const { id } = await unit.run(({ inspections }) => inspections.create(old));
    expect(id).toBe(inspectionIdentity(old.site, old.lot_id, old.chip_id, old.inspection_type, '5'));
    expect(await db.database.query(`SELECT id FROM parts WHERE lot_id = $1`, [lotIdentity('fab', 'OLD', '5')])).toEqual(
      [{ id: partIdentity('fab', 'OLD', 'C1', '5') }],
    );
    // Another than the id of this version's lot, and yet the same inspection: a second one is refused.
    await expect(unit.run(({ inspections }) => inspections.create(old))).rejects.toMatchObject({ inspectionId: id });
    await db.database.query(`DELETE FROM inspections WHERE id = $1`, [id]);
  });

  it('answers a second one with DuplicateInspectionError, also when two come at once', async () => {
    await expect(unit.run(({ inspections }) => inspections.create(schedule))).rejects.toBeInstanceOf(
      DuplicateInspectionError,
    );
    const results = await Promise.allSettled(
      [1, 2, 3].map(() => unit.run(({ inspections }) => inspections.create({ ...schedule, chip_id: 'C2' }))),
    );
    const failures = results.filter((result) => result.status === 'rejected').map((result) => result.reason as Error);
    expect(failures).toHaveLength(2);
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(DuplicateInspectionError);
    }
    expect(await count('inspections')).toBe(2);
  });

  it('refuses an unknown type and a priority out of range as data', async () => {
    const bad = (changes: object): Promise<unknown> =>
      unit.run(({ inspections }) => inspections.create({ ...schedule, chip_id: 'C9', ...changes }));
    await expect(bad({ inspection_type: 'astrology' })).rejects.toMatchObject({ kind: 'data', sqlstate: '23503' });
    await expect(bad({ priority: 11 })).rejects.toMatchObject({ kind: 'data', sqlstate: '23514' });
    expect(await db.database.query(`SELECT 1 FROM parts WHERE chip_id = 'C9'`)).toEqual([]);
  });

  it('leaves nothing when its work throws, passes that error, and releases the connection', async () => {
    const before = [await count('inspections'), await count('audit_log')];
    const failure = new TypeError('mine');
    for (let attempt = 0; attempt < 10; attempt++) {
      await expect(
        unit.run(async ({ inspections, audit }) => {
          await inspections.create({ ...schedule, chip_id: `never ${attempt}` });
          await audit.append({ stream: 'api', actor: 'a', action: 'b', subject: 'c', reason: 'd' });
          throw failure;
        }),
      ).rejects.toBe(failure);
    }
    expect([await count('inspections'), await count('audit_log')]).toEqual(before);
    const [idle] = await db.database.query<{ n: number }>(
      `SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'chip-test-unit' AND datname = $1 AND state LIKE 'idle in%'`,
      [db.name],
    );
    expect(idle?.n).toBe(0);
  });

  it('loses no place of its pool to connections that broke', async () => {
    // More often than the pool has places.
    for (let round = 0; round < 5; round++) {
      let attempts = 0;
      await unit.run(async ({ audit }) => {
        if (attempts++ === 0) {
          await db.database.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chip-test-unit' AND datname = $1`,
            [db.name],
          );
        }
        await audit.append({ stream: 'api', actor: 'a', action: 'b', subject: 'c', reason: 'd' });
      });
      expect(attempts).toBe(2);
    }
  });

  it('does its work again when the connection was lost before the commit', async () => {
    let attempts = 0;
    const created = await unit.run(async ({ inspections, audit }) => {
      attempts++;
      const inspection = await inspections.create({ ...schedule, chip_id: 'lost once' });
      await audit.append({
        stream: 'api',
        actor: 'a',
        action: 'inspection.create',
        subject: `inspection:${inspection.id}`,
        reason: 'd',
        newValue: { a: 1 },
      });
      if (attempts === 1) {
        await db.database.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chip-test-unit' AND datname = $1`,
          [db.name],
        );
      }
      await audit.append({ stream: 'api', actor: 'a', action: 'after', subject: 'c', reason: 'd' });
      return inspection;
    });
    expect(attempts).toBe(2);
    const trail = await db.database.query('SELECT action, new_value FROM audit_log WHERE subject = $1', [
      `inspection:${created.id}`,
    ]);
    expect(trail).toMatchObject([{ action: 'inspection.create', new_value: { a: 1 } }]);
  });
});

describe('entities', () => {
  /** What MikroORM would change in the database to fit the entities; indexes, checks and comments are the migrations' alone. */
  const differences = async (db: TestDatabase): Promise<string[]> => {
    const orm = await MikroORM.init({
      clientUrl: db.url,
      dbName: db.name,
      driverOptions: ormDialect({ url: db.url, applicationName: 'chip-test' }),
      entities: ENTITIES,
      namingStrategy: EntityCaseNamingStrategy,
      schemaGenerator: { ignoreTriggers: true, ignoreRoutines: true },
    });
    try {
      const sql = await orm.schema.getUpdateSchemaSQL({ wrap: false, dropTables: false });
      return (
        sql
          .split('\n')
          .filter((line) => line.trim() !== '')
          .filter((line) => !/^(drop index|comment on) /.test(line))
          .filter(
            (line) =>
              !/drop constraint "(\w+_check\d*|unique_inspection|parameters_limits_\w+|inspections_inspection_type_fkey)"/.test(
                line,
              ),
          )
          // Of a domain it sees the base type, and of an enum only its labels; neither by name.
          .filter((line) => !line.includes('drop type "inspection_status_enum"'))
          .filter((line) => !line.includes('alter column "inspection_type" type inspection_type_enum'))
      );
    } finally {
      await orm.close();
    }
  };

  it('agree with the migrated database, and a disagreement is found', async () => {
    const db = await createTestDatabase();
    try {
      expect(await differences(db)).toEqual([]);
      // The views of limited callers hold on to the columns that they name.
      await db.database.query('DROP SCHEMA limited CASCADE');
      await db.database.query('ALTER TABLE lots ALTER COLUMN site TYPE text');
      await db.database.query('ALTER TABLE inspections ALTER COLUMN recipe SET NOT NULL');
      await db.database.query('ALTER TABLE lots ADD COLUMN extra integer');
      const found = (await differences(db)).join('\n');
      for (const expected of ['"site"', '"recipe"', '"extra"']) {
        expect(found).toContain(expected);
      }
    } finally {
      await db.drop();
    }
  });
});
