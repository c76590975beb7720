import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { liftHold, LoadSession, placeHold, readHolds, readRetention, setRetention, verifyAudit } from '../src/index.ts';
import { retentionSql } from '../src/schema/declarations.ts';
import { TABLES } from '../src/schema/declared.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

describe('retention settings and holds', () => {
  let db: TestDatabase;
  const change = { actor: 'somebody', reason: 'because' };
  const lot = { site: 'fab', lotId: 'L1' };
  beforeAll(async () => {
    db = await createTestDatabase();
    await db.database.query(`INSERT INTO lots (id, site, lot_id) VALUES (gen_random_uuid(), 'fab', 'L1')`);
  });
  afterAll(() => db.drop());

  it('begin with 90 days of telemetry, 30 days of the event ledger and of former states, and everything else indefinitely', async () => {
    expect(await readRetention(db.database)).toEqual([
      { table: 'audit_log', keep: null },
      { table: 'dead_letter_replays', keep: null },
      { table: 'dead_letters', keep: null },
      { table: 'defects', keep: null },
      { table: 'former_attempts', keep: '30 days' },
      { table: 'inspection_attempts', keep: null },
      { table: 'inspection_events', keep: '30 days' },
      { table: 'measurements', keep: null },
      { table: 'system_metrics', keep: '90 days' },
    ]);
  });

  it('has a task of the upkeep for every table with a setting', async () => {
    const declared = Object.keys(TABLES).filter((table) => TABLES[table]?.retention !== undefined);
    expect((await readRetention(db.database)).map(({ table }) => table)).toEqual(declared.sort());
  });

  it('are changed with an entry in the audit trail, or not at all', async () => {
    expect(await setRetention(db.database, 'measurements', '24 months', change)).toBe('2 years');
    await placeHold(db.database, lot, change);
    expect(await readHolds(db.database)).toMatchObject([
      { site: 'fab', lot_id: 'L1', reason: 'because', placed_by: 'somebody' },
    ]);
    await expect(placeHold(db.database, lot, change)).rejects.toMatchObject({ code: 'retention_refused' });
    await liftHold(db.database, lot, change);
    await expect(liftHold(db.database, lot, change)).rejects.toMatchObject({ code: 'retention_refused' });
    for (const [table, keep] of [
      ['lots', '1 day'],
      ['defects', 'soon'],
      ['defects', '-1 day'],
      ['defects', '0 days'],
      // PostgreSQL takes a number without a unit for seconds.
      ['defects', '90'],
      ['defects', '1:30'],
      ['defects', '300000 years'],
      ['audit_log', '1 second'],
      ['audit_log', '11 months'],
    ] as const) {
      await expect(setRetention(db.database, table, keep, change)).rejects.toMatchObject({ code: 'retention_refused' });
    }
    const trail = await db.database.query(
      `SELECT action, subject, old_value, new_value FROM audit_log WHERE stream = 'operator' ORDER BY seq`,
    );
    expect(trail).toEqual([
      { action: 'retention.set', subject: 'table:measurements', old_value: null, new_value: '24 months' },
      { action: 'legal_hold.place', subject: 'lot:fab/L1', old_value: null, new_value: null },
      { action: 'legal_hold.lift', subject: 'lot:fab/L1', old_value: null, new_value: null },
    ]);
    expect((await verifyAudit(db.database)).every(({ broken }) => broken === null)).toBe(true);
  });

  it('keep the audit trail for a year at least', async () => {
    for (const keep of ['1 year', '10 years', null]) {
      await setRetention(db.database, 'audit_log', keep, change);
    }
    expect(await readRetention(db.database)).toContainEqual({ table: 'audit_log', keep: null });
  });

  it('drop whole chunks of telemetry that are older', async () => {
    await db.database.query(
      `INSERT INTO system_metrics (time, service_name, metric_name, metric_value)
       SELECT now() - n * INTERVAL '1 day', 's', 'm', n FROM unnest(ARRAY[0, 50, 89, 95, 400]) AS n`,
    );
    expect(await db.database.query(`SELECT apply_retention('system_metrics') AS n`)).toEqual([{ n: 2 }]);
    expect(await db.database.query('SELECT metric_value AS v FROM system_metrics ORDER BY 1')).toEqual([
      { v: 0 },
      { v: 50 },
      { v: 89 },
    ]);
  });

  it('prune the event ledger by the time of receipt, in bounded batches', async () => {
    await db.database.query(
      `INSERT INTO inspection_events (event_id, content_hash, inspection_id, attempt_key, source_topic, source_partition, source_offset, received_at)
       SELECT gen_random_uuid(), 'x', gen_random_uuid(), 'a:1', 't', 0, n, now() - n * INTERVAL '10 days' FROM generate_series(0, 9) AS n`,
    );
    expect(await db.database.query(`SELECT apply_retention('inspection_events', 4) AS n`)).toEqual([{ n: 4 }]);
    expect(await db.database.query(`SELECT apply_retention('inspection_events', 4) AS n`)).toEqual([{ n: 3 }]);
    expect(await db.database.query('SELECT count(*) AS n FROM inspection_events')).toEqual([{ n: 3 }]);
  });

  it('drop chunks of measurements also under a legal hold, and keep every row of the lots on hold', async () => {
    await db.database.query(
      `INSERT INTO lots (id, lot_id) VALUES (md5('held')::uuid, 'held'), (md5('free')::uuid, 'free');
       INSERT INTO inspections (id, lot_id, chip_id, inspection_type)
         SELECT md5(lot || n)::uuid, md5(lot)::uuid, n::text, 'electrical' FROM unnest(ARRAY['held', 'free']) AS lot, generate_series(1, 20) AS n;
       INSERT INTO measurements (time, inspection_id, event_id, name, value)
         SELECT now() - months * INTERVAL '30 days', i.id, i.id, 'm' || n, n
         FROM inspections AS i JOIN lots ON lots.id = i.lot_id AND lots.lot_id IN ('held', 'free'), unnest(ARRAY[0, 3, 6, 9]) AS months, generate_series(1, 50) AS n`,
    );
    await placeHold(db.database, { site: '', lotId: 'held' }, change);
    await setRetention(db.database, 'measurements', '60 days', change);
    const counts = () =>
      db.database.query(
        `SELECT lots.lot_id, count(*) AS n, count(*) FILTER (WHERE time < now() - INTERVAL '60 days') AS old, sum(value) AS sum
         FROM measurements JOIN inspections AS i ON i.id = inspection_id JOIN lots ON lots.id = i.lot_id GROUP BY 1 ORDER BY 1`,
      );
    const held = { lot_id: 'held', n: 4000, old: 3000, sum: 4000 * 25.5 };
    expect(await counts()).toEqual([{ ...held, lot_id: 'free' }, held]);
    expect(await db.database.query(`SELECT apply_retention('measurements') AS n`)).toEqual([{ n: 3 }]);
    const free = { lot_id: 'free', n: 1000, old: 0, sum: 1000 * 25.5 };
    expect(await counts()).toEqual([free, held]);
    // Nothing is left to do, and what is held is not moved again and again.
    const chunks = () => db.database.query(`SELECT show_chunks('measurement_rows')::text AS chunk ORDER BY 1`);
    const left = await chunks();
    expect(await db.database.query(`SELECT apply_retention('measurements') AS n`)).toEqual([{ n: 0 }]);
    expect(await chunks()).toEqual(left);
    await liftHold(db.database, { site: '', lotId: 'held' }, change);
    expect(await db.database.query(`SELECT apply_retention('measurements') AS n`)).toEqual([{ n: 3 }]);
    expect(await counts()).toEqual([free, { ...free, lot_id: 'held' }]);
  });

  it('drop no chunk that has younger rows beside old ones, also under a legal hold', async () => {
    const [row] = await db.database.query<{ time: string }>(
      `INSERT INTO measurements (time, inspection_id, event_id, name, value)
       SELECT now() - INTERVAL '60 days' + INTERVAL '1 minute', md5('free1')::uuid, md5('free1')::uuid, 'young', 1 RETURNING time::text`,
    );
    await placeHold(db.database, { site: '', lotId: 'held' }, change);
    expect(await db.database.query(`SELECT apply_retention('measurements') AS n`)).toEqual([{ n: 0 }]);
    await liftHold(db.database, { site: '', lotId: 'held' }, change);
    expect(await db.database.query(`SELECT time::text FROM measurements WHERE name = 'young'`)).toEqual([row]);
  });

  it('keep the ledger of the events of lots on hold', async () => {
    const ledger = () =>
      db.database.query(
        `SELECT lots.lot_id, count(*) AS n FROM inspection_events AS e
         JOIN inspections AS i ON i.id = inspection_id JOIN lots ON lots.id = i.lot_id GROUP BY 1 ORDER BY 1`,
      );
    await db.database.query(
      `INSERT INTO inspection_events (event_id, content_hash, inspection_id, attempt_key, source_topic, source_partition, source_offset, received_at)
       SELECT gen_random_uuid(), 'x', i.id, 'a:1', 't', 0, 0, now() - INTERVAL '31 days'
       FROM inspections AS i JOIN lots ON lots.id = i.lot_id AND lots.lot_id IN ('held', 'free')`,
    );
    await placeHold(db.database, { site: '', lotId: 'held' }, change);
    expect(await db.database.query(`SELECT apply_retention('inspection_events') AS n`)).toEqual([{ n: 20 }]);
    expect(await ledger()).toEqual([{ lot_id: 'held', n: 20 }]);
    await liftHold(db.database, { site: '', lotId: 'held' }, change);
    expect(await db.database.query(`SELECT apply_retention('inspection_events') AS n`)).toEqual([{ n: 20 }]);
    expect(await ledger()).toEqual([]);
  });

  it.each([`apply_retention('measurements')`, `apply_retention('inspection_events')`, 'retain_former_attempts()'])(
    'let no hold be placed between their check and the deletion: %s',
    async (deletion) => {
      const retention = await LoadSession.open({ url: db.url, applicationName: 'chip-test-retention' });
      await retention.begin();
      await retention.query(`SELECT ${deletion}`);
      let placed = false;
      const placing = placeHold(db.database, { site: '', lotId: 'held' }, change).then(() => (placed = true));
      const waits = () =>
        db.database.query(
          `SELECT 1 FROM pg_locks WHERE relation = 'legal_holds'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND NOT granted`,
        );
      while (!placed && (await waits()).length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(placed).toBe(false);
      await retention.query('COMMIT');
      await placing;
      await liftHold(db.database, { site: '', lotId: 'held' }, change);
      await retention.close();
    },
  );

  it('leave on record what they deleted', async () => {
    expect(
      await db.database.query(
        `SELECT table_name, rows, chunks, older_than < now() - INTERVAL '25 days' AS old FROM retention_deletions ORDER BY 1`,
      ),
    ).toEqual([
      { table_name: 'inspection_events', rows: 47, chunks: 0, old: true },
      { table_name: 'measurements', rows: 0, chunks: 6, old: true },
      { table_name: 'system_metrics', rows: 0, chunks: 2, old: true },
    ]);
  });

  it.each([
    { lotColumn: undefined, whileHeld: [1, 2, 3] },
    { lotColumn: 'lot', whileHeld: [1, 3] },
  ])(
    'deletes old rows of a table that declares it, holds aside (lot column: $lotColumn)',
    async ({ lotColumn, whileHeld }) => {
      const left = async (): Promise<number[]> =>
        (await db.database.query<{ n: number }>('SELECT n FROM reworks ORDER BY n')).map(({ n }) => n);
      await db.database.query(`CREATE TABLE reworks (n int, at timestamptz, lot uuid)`);
      try {
        const row = { keep: '30 days', column: 'at' };
        await db.database.query(retentionSql('reworks', lotColumn === undefined ? row : { ...row, lotColumn }));
        await db.database.query(
          `INSERT INTO reworks SELECT 1, now() - INTERVAL '31 days', id FROM lots WHERE lot_id = 'L1' UNION ALL
         VALUES (2, now() - INTERVAL '31 days', gen_random_uuid()), (3, now() - INTERVAL '29 days', gen_random_uuid())`,
        );
        await placeHold(db.database, lot, change);
        await db.database.query('SELECT retain_reworks()');
        expect(await left()).toEqual(whileHeld);
        await liftHold(db.database, lot, change);
        await db.database.query('SELECT retain_reworks()');
        expect(await left()).toEqual([3]);
        expect(
          await db.database.query(
            `SELECT rows, older_than < now() - INTERVAL '29 days' AS old FROM retention_deletions WHERE table_name = 'reworks'`,
          ),
        ).toEqual([{ rows: 2, old: true }]);
        await setRetention(db.database, 'reworks', null, change);
        expect(await db.database.query('SELECT retain_reworks() AS n')).toEqual([{ n: 0 }]);
      } finally {
        await db.database.query('DROP FUNCTION retain_reworks; DROP TABLE reworks');
        await db.database.query(
          `DELETE FROM retention_settings WHERE table_name = 'reworks'; DELETE FROM retention_deletions WHERE table_name = 'reworks'`,
        );
      }
    },
  );
});
