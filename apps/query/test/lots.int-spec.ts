import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lotIdentity, waferIdentity } from '@chip/contracts';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts, type SeedAttempt } from './seed.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());

const seedWafers = async (site: string, lot: string, ...wafers: string[]): Promise<void> => {
  for (const wafer of wafers) {
    await stage.db.database.query('INSERT INTO wafers (id, lot_id, wafer_id) VALUES ($1, $2, $3)', [
      waferIdentity(site, lot, wafer),
      lotIdentity(site, lot),
      wafer,
    ]);
  }
};
const get = async <T>(path: string): Promise<T> => {
  const { status, body } = await stage.app.get<T>(path);
  expect(status).toBe(200);
  return body;
};
const problem = async (path: string) => {
  const { status, body } = await stage.app.get<{ code: string; errors?: { parameter: string }[] }>(path);
  return [status, body.code, body.errors?.map((error) => error.parameter)];
};

describe('lots', () => {
  beforeAll(async () => {
    const base = { lot_id: 'L1', wafer_id: 'W1', step: 'probe', equipment_id: 'E1', product: 'P' } as const;
    await seedAttempts(stage.db.database, [
      { ...base, chip_id: 'a', result: 'fail', occurred_at: '2026-03-02T08:00:00Z' },
      { ...base, chip_id: 'a', result: 'pass', occurred_at: '2026-03-02T09:00:00Z', equipment_id: 'E2' },
      {
        ...base,
        chip_id: 'a',
        result: 'pass',
        occurred_at: '2026-03-02T10:00:00Z',
        inspection_type: 'thermal',
        step: 'oven',
      },
      { ...base, chip_id: 'b', result: 'fail', occurred_at: '2026-03-02T08:30:00Z' },
      {
        ...base,
        chip_id: 'c/d ü',
        wafer_id: 'W2',
        status: 'in_progress',
        attempt: 1,
        completed_at: null,
        occurred_at: '2026-03-02T11:00:00Z',
      },
      { lot_id: 'L1', chip_id: 'loose', result: 'pass' },
      { site: 'south', lot_id: 'L2', chip_id: 'a', result: 'pass' },
      { site: 'north', lot_id: 'L2', chip_id: 'a', result: 'fail' },
      { lot_id: 'odd/lot %20?', chip_id: 'a', result: 'pass' },
      { lot_id: 'L3', chip_id: 'nameless', result: 'pass', wafer_id: 'W1', die_x: 1, die_y: 1 },
      { site: 'south', lot_id: 'L3', chip_id: 'a', result: 'fail', wafer_id: 'W1', die_x: 2, die_y: 2 },
    ]);
    await seedWafers('', 'L1', 'W1', 'W2', 'W3');
  });

  it('are listed in pages, each once', async () => {
    interface Page {
      items: { site: string; lot_id: string }[];
      next_cursor: string | null;
    }
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Page = await get<Page>(`/v1/lots?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.items.map((lot) => `${lot.site}/${lot.lot_id}`));
      cursor = page.next_cursor;
    }
    expect(seen.sort()).toEqual(['/L1', '/L3', '/odd/lot %20?', 'north/L2', 'south/L2', 'south/L3']);
    expect((await get<Page>('/v1/lots?lot_id=L2&site=south')).items).toHaveLength(1);
    expect((await get<Page>('/v1/lots?to=2020-01-01T00:00:00Z')).items).toEqual([]);
  });

  it('a lot shows its wafers and its history', async () => {
    const lot = await get<{ site: string; wafers: object[]; history: object[] }>('/v1/lots/L1');
    expect(lot.wafers).toEqual([
      { wafer_id: 'W1', chips: 2, inspections: 3, passed: 2, failed: 1 },
      { wafer_id: 'W2', chips: 1, inspections: 1, passed: 0, failed: 0 },
      { wafer_id: 'W3', chips: 0, inspections: 0, passed: 0, failed: 0 },
      { wafer_id: null, chips: 1, inspections: 1, passed: 1, failed: 0 },
    ]);
    expect(lot.history).toContainEqual({
      step: 'probe',
      inspection_type: 'visual',
      equipment_id: 'E1',
      recipe: null,
      product: 'P',
      attempts: 3,
      first_at: '2026-03-02T08:00:00Z',
      last_at: '2026-03-02T11:00:00Z',
    });
    expect(lot.history).toHaveLength(4);
  });

  it('of the same name at two sites require the site', async () => {
    expect(await problem('/v1/lots/L2')).toEqual([400, 'invalid_parameter', ['site']]);
    expect(await get('/v1/lots/L2?site=south')).toMatchObject({ site: 'south', lot_id: 'L2' });
    expect(await problem('/v1/lots/L2?site=west')).toEqual([404, 'not_found', undefined]);
    expect(await problem('/v1/lots/NONE')).toEqual([404, 'not_found', undefined]);
  });

  it('of a site without a name are found by an empty site', async () => {
    expect(await problem('/v1/lots/L3')).toEqual([400, 'invalid_parameter', ['site']]);
    const lot = await get<{ site: string; wafers: { passed: number }[] }>('/v1/lots/L3?site=');
    expect([lot.site, lot.wafers.map(({ passed }) => passed)]).toEqual(['', [1]]);
    const { dies } = await get<{ dies: unknown[] }>('/v1/lots/L3/map?site=');
    expect(dies).toEqual([[1, 1, 0, 1]]);
    const { totals } = await get<{ totals: object }>('/v1/yield?lot_id=L3&site=');
    expect(totals).toMatchObject({ units: 1, passed: 1 });
    const { items } = await get<{ items: { chip_id: string }[] }>('/v1/inspections?lot_id=L3&site=');
    expect(items.map(({ chip_id }) => chip_id)).toEqual(['nameless']);
  });

  it('with any character in their name are found', async () => {
    expect(await get(`/v1/lots/${encodeURIComponent('odd/lot %20?')}`)).toMatchObject({ lot_id: 'odd/lot %20?' });
    expect(await get(`/v1/lots/L1/parts/${encodeURIComponent('c/d ü')}`)).toMatchObject({ chip_id: 'c/d ü' });
  });

  it('a part shows all its inspections with their attempts', async () => {
    const part = await get<{
      inspections: { inspection_type: string; attempts: { rank: number; result: string }[] }[];
    }>('/v1/lots/L1/parts/a');
    expect(part.inspections.map((i) => [i.inspection_type, i.attempts.map((a) => [a.rank, a.result])])).toEqual([
      ['thermal', [[1, 'pass']]],
      [
        'visual',
        [
          [1, 'fail'],
          [2, 'pass'],
        ],
      ],
    ]);
    expect(await problem('/v1/lots/L1/parts/zzz')).toEqual([404, 'not_found', undefined]);
  });
});

describe('maps', () => {
  type Die = [number, number, string | number | null];
  interface MapBody {
    x_min: number | null;
    x_max: number | null;
    y_min: number | null;
    y_max: number | null;
    dies: Die[];
  }
  const at = (hour: number) => `2026-03-02T${String(hour).padStart(2, '0')}:00:00Z`;
  const die = (
    wafer_id: string,
    x: number,
    y: number,
    hour: number,
    result: 'pass' | 'fail',
    more: Partial<SeedAttempt> = {},
  ): SeedAttempt => ({
    lot_id: 'M1',
    wafer_id,
    chip_id: `${wafer_id}:${x}:${y}`,
    die_x: x,
    die_y: y,
    result,
    occurred_at: at(hour),
    ...more,
  });

  beforeAll(async () => {
    const { database } = stage.db;
    await seedAttempts(database, [
      die('W1', -1, 0, 8, 'pass', { hard_bin: 1 }),
      die('W1', 0, 0, 8, 'fail', { hard_bin: 5 }),
      // A retest without a number, under another chip name at the same position, and without a bin.
      die('W1', 0, 0, 9, 'pass', { chip_id: 'same place' }),
      die('W1', 2, 7, 8, 'fail', { hard_bin: 9 }),
      die('W1', 3, 3, 8, 'fail', { status: 'voided' }),
      die('W2', 0, 0, 8, 'fail'),
      die('W2', 2, 7, 8, 'fail'),
      die('W3', 2, 7, 8, 'pass'),
      // Without a position on the wafer.
      { lot_id: 'M1', wafer_id: 'W1', chip_id: 'nowhere', result: 'fail', occurred_at: at(8) },
    ]);
    await seedWafers('', 'M1', 'W1', 'W2', 'W3', 'W4');
    await database.query(
      `INSERT INTO measurements (time, inspection_id, event_id, name, value)
       SELECT occurred_at, inspection_id, event_id, 'thickness', CASE WHEN die_x = 2 THEN NULL ELSE die_x + 0.5 END
         FROM inspection_attempts WHERE wafer_id = 'W1' AND hard_bin IS NOT NULL`,
    );
  });
  const map = (query: string) => get<MapBody>(`/v1/lots/M1/wafers/W1/map${query}`);

  it.each<[string, Die[]]>([
    [
      '',
      [
        [-1, 0, 'pass'],
        [0, 0, 'pass'],
        [2, 7, 'fail'],
      ],
    ],
    [
      '?policy=first',
      [
        [-1, 0, 'pass'],
        [0, 0, 'fail'],
        [2, 7, 'fail'],
      ],
    ],
    [
      '?value=hard_bin',
      [
        [-1, 0, 1],
        [0, 0, 5],
        [2, 7, 9],
      ],
    ],
    ['?value=soft_bin', []],
    [
      '?value=thickness',
      [
        [-1, 0, -0.5],
        [0, 0, 0.5],
        [2, 7, null],
      ],
    ],
    ['?value=nonsense', []],
    [
      `?to=${at(9)}`,
      [
        [-1, 0, 'pass'],
        [0, 0, 'fail'],
        [2, 7, 'fail'],
      ],
    ],
  ])('of a wafer %s', async (query, dies) => {
    const body = await map(query);
    expect(body.dies).toEqual(dies);
    if (dies.length > 0) {
      expect(body).toMatchObject({ x_min: -1, x_max: 2, y_min: 0, y_max: 7 });
    } else {
      expect(body).toMatchObject({ x_min: null, x_max: null, y_min: null, y_max: null });
    }
  });

  it('of a lot stacks its wafers', async () => {
    expect((await get<MapBody>('/v1/lots/M1/map')).dies).toEqual([
      [-1, 0, 0, 1],
      [0, 0, 0.5, 2],
      [2, 7, 2 / 3, 3],
    ]);
    expect((await get<MapBody>('/v1/lots/M1/map?policy=first')).dies[1]).toEqual([0, 0, 1, 2]);
  });

  it('of an unknown wafer or lot are 404; of a wafer without results empty', async () => {
    expect(await problem('/v1/lots/M1/wafers/W9/map')).toEqual([404, 'not_found', undefined]);
    expect(await problem('/v1/lots/M9/map')).toEqual([404, 'not_found', undefined]);
    expect((await get<MapBody>('/v1/lots/M1/wafers/W4/map')).dies).toEqual([]);
  });
});
