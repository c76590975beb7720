/** Ends of the machine topic's partitions, which the writer stores for lag every few seconds. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { initPosition, setHighWatermarks } from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

const TOPIC = 'telemetry.samples.v1';
const OWN = '3f1f2f60-6e6e-4f0c-8a1c-0d6f0f6d9a01';
const OTHER = '3f1f2f60-6e6e-4f0c-8a1c-0d6f0f6d9a02';

describe('high watermarks', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());
  beforeEach(async () => {
    await db.database.query('TRUNCATE stream_positions');
    for (const partition of [0, 1, 2]) {
      await initPosition(db.database, TOPIC, partition, 0n, 0n);
    }
    await initPosition(db.database, 'inspections.v1', 0, 0n, 0n);
    await set([0, 10n], [1, 20n]);
  });

  const set = (...ends: [number, bigint][]): Promise<void> => setHighWatermarks(db.database, TOPIC, new Map(ends));
  const stored = (): Promise<{ end: string | null; version: string }[]> =>
    db.database.query(
      `SELECT high_watermark::text AS end, ctid::text || xmax::text AS version FROM stream_positions
       ORDER BY source_topic DESC, source_partition`,
    );
  const ends = async (): Promise<(string | null)[]> => (await stored()).map(({ end }) => end);

  it('are stored for the partitions that are named, of this topic', async () => {
    expect(await ends()).toEqual(['10', '20', null, null]);
    await set([1, 21n], [2, 9_007_199_254_740_993n], [7, 5n]);
    expect(await ends()).toEqual(['10', '21', '9007199254740993', null]);
    await set();
    expect(await ends()).toEqual(['10', '21', '9007199254740993', null]);
  });

  it('neither write nor lock a row whose end is the same', async () => {
    const before = await stored();
    await set([0, 10n], [1, 20n]);
    expect(await stored()).toEqual(before);
  });

  it('move back only with the topic of the position', async () => {
    await set([0, 3n]);
    expect(await ends()).toEqual(['10', '20', null, null]);
    await db.database.query('UPDATE stream_positions SET source_topic_id = $1 WHERE source_partition = 0', [OWN]);
    await setHighWatermarks(db.database, TOPIC, new Map([[0, 99n]]), OTHER);
    expect(await ends()).toEqual(['10', '20', null, null]);
    await setHighWatermarks(db.database, TOPIC, new Map([[0, 3n]]), OWN);
    expect(await ends()).toEqual(['3', '20', null, null]);
  });

  it('leave a row that another session holds, and store the others', async () => {
    await db.database.withTransaction(async (holder) => {
      await holder.query('SELECT 1 FROM stream_positions WHERE source_topic = $1 AND source_partition = 0 FOR UPDATE', [
        TOPIC,
      ]);
      await set([0, 11n], [1, 21n]);
    });
    expect(await ends()).toEqual(['10', '21', null, null]);
  });
});
