/** Lots that an earlier version stored, and blocks that an earlier version of ingest wrote: each lot has one id, and its units follow it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type AcceptedInspection, INSPECTION, type IdentityVersion, lotIdentity } from '@chip/contracts';
import { initPosition, LoadSession } from '@chip/persistence';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import { InspectionLoader } from '../src/loaders/inspection/inspection-loader.ts';
import { flush } from '../src/partition/flush/flush.ts';
import { RefusalBrake } from '../src/partition/flush/refusal-brake.ts';
import { inspectionBlock, withIdentities } from './inspection-block.ts';

const LOT = { site: 'fab', lot_id: 'LOT' };
const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000000Z`;

/** Test, retest and a first test of another unit, with details, as ingest of either version writes them. */
const history = (versions: readonly IdentityVersion[]): AcceptedInspection[] =>
  versions.map((version, i) =>
    withIdentities(
      {
        ...LOT,
        event_id: `00000000-0000-4000-8000-00000000000${i}`,
        content_hash: `0000000000000000000000000000000${i}`,
        chip_id: i === 2 ? 'C2' : 'C1',
        inspection_type: 'electrical',
        status: 'completed',
        result: 'pass',
        attempt: i + 1,
        occurred_at: at(i),
        wafer_id: 'W1',
        measurements: [{ name: 'vth', value: i, unit: 'V' }],
        defects: [{ class: 'scratch', x_um: i, y_um: 2 }],
      },
      version,
    ),
  );

describe('the id of a lot', () => {
  let db: TestDatabase;
  let session: LoadSession;
  let offset: number;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(async () => {
    await session.close();
    await db.drop();
  });
  beforeEach(async () => {
    await db.database.query(
      `TRUNCATE lots, wafers, parts, inspections, inspection_attempts, inspection_events, measurement_values, defects, stream_positions CASCADE`,
    );
    await (session as LoadSession | undefined)?.close();
    session = await LoadSession.open({ url: db.url, applicationName: 'test' });
    await initPosition(session, INSPECTION.source, 0, 0n, 0n);
    offset = 0;
  });

  /** One flush per event. */
  const load = async (events: readonly AcceptedInspection[]): Promise<void> => {
    for (const event of events) {
      const block = inspectionBlock([event], 0, offset);
      const work = { topic: INSPECTION.source, partition: 0, blocks: [block], from: offset, to: offset + 1 };
      offset++;
      await flush(
        session,
        new InspectionLoader([block]),
        { ...work, acceptedOffset: offset, appendTimeMs: 1000 },
        { send: () => Promise.reject(new Error('nothing may be refused')) },
        new RefusalBrake(),
        new AbortController().signal,
      );
    }
  };
  const storeLot = (version: IdentityVersion) =>
    db.database.query('INSERT INTO lots (id, site, lot_id) VALUES ($1, $2, $3)', [
      lotIdentity(LOT.site, LOT.lot_id, version),
      LOT.site,
      LOT.lot_id,
    ]);
  const rows = async (): Promise<Record<string, object[]>> => {
    const tables: Record<string, object[]> = {};
    for (const [table, columns] of Object.entries({
      lots: 'id, site, lot_id',
      wafers: 'id, lot_id, wafer_id',
      parts: 'id, lot_id, chip_id',
      inspections: 'id, lot_id, chip_id, attempt_key, measurement_count, defect_count',
      inspection_attempts: 'inspection_id, lot_id, attempt_key, event_ids',
      inspection_events: 'event_id, inspection_id',
      measurements: 'inspection_id, event_id, name, value',
      defects: 'inspection_id, event_id, class, x_um',
    })) {
      tables[table] = await db.database.query(`SELECT ${columns} FROM ${table} ORDER BY ${columns}`);
    }
    return tables;
  };

  it.each<[IdentityVersion, string]>([
    ['5', 'that an earlier version stored stays, and units of later events get theirs like it'],
    ['8', 'of this version holds for blocks of an earlier ingest, too'],
  ])('of version %s %s', async (version, _) => {
    await storeLot(version);
    await load(history([version, version, version]));
    const expected = await rows();
    expect(expected['lots']).toEqual([{ id: lotIdentity(LOT.site, LOT.lot_id, version), ...LOT }]);
    expect(Object.values(expected).map(({ length }) => length)).toEqual([1, 1, 2, 2, 3, 3, 3, 3]);
    for (const versions of [
      ['5', '8', '5'],
      ['8', '5', '8'],
    ] as const) {
      await db.database.query(
        `TRUNCATE lots, wafers, parts, inspections, inspection_attempts, inspection_events, measurement_values, defects CASCADE`,
      );
      await storeLot(version);
      await load(history(versions));
      expect(await rows()).toEqual(expected);
    }
  });

  it('of a new lot is of this version, also from a block of an earlier ingest', async () => {
    await load(history(['5', '8', '5']));
    expect((await rows())['lots']).toEqual([{ id: lotIdentity(LOT.site, LOT.lot_id), ...LOT }]);
    const [unit] = await db.database.query<{ prefixes: string }>(
      `SELECT count(DISTINCT left(id::text, 13)) AS prefixes FROM (SELECT id FROM lots UNION ALL SELECT id FROM parts UNION ALL SELECT id FROM wafers
       UNION ALL SELECT id FROM inspections) AS ids`,
    );
    expect(Number(unit!.prefixes)).toBe(1);
  });

  it('is one also when a service of an earlier version stores the lot at the same moment', async () => {
    const earlier = await LoadSession.open({ url: db.url, applicationName: 'earlier' });
    try {
      await earlier.begin();
      await earlier.query('INSERT INTO lots (id, site, lot_id) VALUES ($1, $2, $3)', [
        lotIdentity(LOT.site, LOT.lot_id, '5'),
        LOT.site,
        LOT.lot_id,
      ]);
      const loaded = load(history(['8', '8', '8']));
      // The flush waits for the other transaction.
      for (;;) {
        const [waiting] = await db.database.query<{ n: string }>(
          `SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        if (Number(waiting!.n) > 0) {
          break;
        }
      }
      await earlier.query('COMMIT');
      await loaded;
      const stored = await rows();
      expect(stored['lots']).toEqual([{ id: lotIdentity(LOT.site, LOT.lot_id, '5'), ...LOT }]);
      expect(stored['inspections']).toHaveLength(2);
    } finally {
      await earlier.close();
    }
  });

  it('cannot be given a second time by a service of an earlier version, which tries again until it is replaced', async () => {
    await load(history(['8']));
    await expect(storeLot('5')).rejects.toMatchObject({ kind: 'transient', sqlstate: '40001' });
    await expect(storeLot('8')).rejects.toMatchObject({ kind: 'data', sqlstate: '23505' });
    expect((await rows())['lots']).toHaveLength(1);
  });

  it('leads to every unit: orphaned_rows counts what has no parent', async () => {
    await load(history(['8', '8', '8']));
    const orphans = () => db.database.query('SELECT * FROM orphaned_rows ORDER BY table_name');
    expect(await orphans()).toEqual(
      ['inspection_attempts', 'inspections', 'parts'].map((table_name) => ({ table_name, orphans: 0 })),
    );
    await db.database.query('DELETE FROM wafers');
    await db.database.query('DELETE FROM lots');
    await db.database.query(`DELETE FROM inspections WHERE chip_id = 'C1'`);
    expect(await orphans()).toEqual([
      { table_name: 'inspection_attempts', orphans: 2 },
      { table_name: 'inspections', orphans: 1 },
      { table_name: 'parts', orphans: 2 },
    ]);
  });
});
