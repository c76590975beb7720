import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { liftHold, placeHold, readHolds, readRetention, setRetention, verifyAudit } from '../src/index.ts';
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

  it('begin with 90 days of telemetry, 30 days of the event ledger, and everything else for ever', async () => {
    expect(await readRetention(db.database)).toEqual([
      { table: 'audit_log', keep: null },
      { table: 'defects', keep: null },
      { table: 'inspection_attempts', keep: null },
      { table: 'inspection_events', keep: '30 days' },
      { table: 'measurements', keep: null },
      { table: 'system_metrics', keep: '90 days' },
    ]);
  });

  it('are changed with an entry in the audit trail, or not at all', async () => {
    await setRetention(db.database, 'measurements', '2 years', change);
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
    ] as const)
      await expect(setRetention(db.database, table, keep, change)).rejects.toMatchObject({ code: 'retention_refused' });
    const trail = await db.database.query(
      `SELECT action, subject, old_value, new_value FROM audit_log WHERE stream = 'operator' ORDER BY seq`,
    );
    expect(trail).toEqual([
      { action: 'retention.set', subject: 'table:measurements', old_value: null, new_value: '2 years' },
      { action: 'legal_hold.place', subject: 'lot:fab/L1', old_value: null, new_value: null },
      { action: 'legal_hold.lift', subject: 'lot:fab/L1', old_value: null, new_value: null },
    ]);
    expect((await verifyAudit(db.database)).every(({ broken }) => broken === null)).toBe(true);
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
});
