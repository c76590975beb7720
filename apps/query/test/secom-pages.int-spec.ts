import { randomUUID } from 'node:crypto';
import { lotIdentity } from '@chip/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { SECOM_RUNS } from './secom-runs.ts';

const TIMES = SECOM_RUNS.map(({ time }) => time);
const TIED = TIMES.filter((time, i) => time === TIMES[i - 1] || time === TIMES[i + 1]);
const LOT = lotIdentity('', 'SECOM');

interface Item {
  id: string;
  created_at: string;
}

interface Page {
  items: Item[];
  next_cursor: string | null;
}

describe('pages through the tied times of SECOM', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
    await stage.db.database.query(`INSERT INTO lots (id, lot_id) VALUES ($1, 'SECOM')`, [LOT]);
  });
  afterAll(() => stage.end());

  const insert = async (times: readonly string[]): Promise<string[]> => {
    const rows = await stage.db.database.query<{ id: string }>(
      `INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, result, created_at, completed_at)
       SELECT gen_random_uuid(), $1, $2::text || '-' || n, 'electrical', 'completed', 'pass', t, t
         FROM unnest($3::timestamptz[]) WITH ORDINALITY AS s (t, n) RETURNING id`,
      [LOT, randomUUID(), times],
    );
    return rows.map(({ id }) => id);
  };

  /** Requests a page through the route; `during` runs while the page is on its way. */
  const walk = async (query: string, during: (pages: number) => Promise<void>): Promise<Item[]> => {
    const items: Item[] = [];
    let cursor: string | null = null;
    for (let pages = 0; pages === 0 || cursor !== null; pages++) {
      const after: string = cursor === null ? '' : `&cursor=${cursor}`;
      const [{ status, body }] = await Promise.all([
        stage.app.get<Page>(`/v1/inspections?${query}${after}`),
        during(pages),
      ]);
      expect(status).toBe(200);
      items.push(...body.items);
      cursor = body.next_cursor;
    }
    return items;
  };
  const expectInOrder = (items: readonly Item[]): void => {
    const keys = items.map(({ created_at, id }) => `${created_at} ${id}`);
    expect(keys).toEqual([...keys].sort().reverse());
  };

  it('the times are those of the data set', () => {
    expect(TIMES).toHaveLength(1567);
    expect(new Set(TIMES).size).toBe(1534);
    expect([TIMES[0], TIMES.at(-1)]).toEqual(['2008-07-19T11:55:00.000000Z', '2008-10-17T06:07:00.000000Z']);
  });

  it.each([7, 20])('limit %i yields every id once', async (limit) => {
    await stage.db.database.query('TRUNCATE inspections CASCADE');
    const ids = await insert(TIMES);
    const items = await walk(`limit=${limit}`, async () => undefined);
    expect(items.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expectInOrder(items);
  });

  // Limit 1 only here, and only beside tied times: a walk with inserts shows what one without would, and a run with a
  // time of its own far from any other asks the same as its neighbour.
  it.each([
    [1, TIMES.filter((_, i) => TIMES.slice(Math.max(i - 2, 0), i + 3).some((time) => TIED.includes(time)))],
    [7, TIMES],
    [20, TIMES],
  ])('limit %i yields every id once while rows are inserted', async (limit, times) => {
    await stage.db.database.query('TRUNCATE inspections CASCADE');
    const ids = await insert(times);
    const newestFirst = [...times].reverse();
    const inserted: string[] = [];
    const every = Math.ceil(100 / limit / 5);
    const items = await walk(`lot_id=SECOM&limit=${limit}`, async (pages) => {
      if (pages % every !== 0) {
        return;
      }
      // A tied time on either side of the cursor, and about the time of the cursor itself.
      const beside = newestFirst[Math.min(pages * limit, newestFirst.length - 1)] as string;
      inserted.push(...(await insert([TIED[(pages * 31) % TIED.length] as string, beside])));
    });
    const seen = items.map(({ id }) => id);
    expect(new Set(seen).size).toBe(seen.length);
    expect(ids.filter((id) => !seen.includes(id))).toEqual([]);
    expectInOrder(items);
    expect(inserted.length).toBeGreaterThan(10);
    // The walk met some inserts behind the cursor and missed others before it, so they really happened during the walk.
    expect(inserted.some((id) => seen.includes(id))).toBe(true);
    expect(inserted.every((id) => seen.includes(id))).toBe(false);
  });
});
