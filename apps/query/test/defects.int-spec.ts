import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts, type SeedAttempt } from './seed.ts';

let stage: Stage;
/** Seeds one attempt with defects given as class, or class/severity. */
const inspect = async (attempt: SeedAttempt, ...defects: string[]): Promise<void> => {
  const event_id = randomUUID();
  const [id] = await seedAttempts(stage.db.database, [{ ...attempt, event_id }]);
  for (const [n, defect] of defects.entries()) {
    const [name, severity] = defect.split('/');
    await stage.db.database.query(
      `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um, severity) VALUES ($1, $2, $3, '2026-03-02T08:00:00Z', $4, 0, 0, $5)`,
      [id!, event_id, n, name!, severity ?? null],
    );
  }
};

beforeAll(async () => {
  stage = await openStage();
  const base = { lot_id: 'D1', wafer_id: 'W1', equipment_id: 'E1', result: 'fail', inspected_area_cm2: 2 } as const;
  await inspect({ ...base, chip_id: '1' }, 'scratch/high', 'scratch', 'particle/low');
  // Inspected again: its defects and its area appear again.
  await inspect(
    { ...base, chip_id: '1', occurred_at: '2026-03-02T09:00:00Z', equipment_id: 'E2' },
    'scratch/high',
    'void',
  );
  await inspect({ ...base, chip_id: '2', result: 'pass', inspected_area_cm2: 4 });
  await inspect(
    { ...base, chip_id: '3', inspected_area_cm2: 0.5, occurred_at: '2026-03-03T08:00:00Z' },
    'void',
    'particle',
  );
  // Without a known area; at another site; withdrawn; not finished.
  await inspect(
    { ...base, chip_id: '4', inspected_area_cm2: undefined, equipment_id: undefined } as unknown as SeedAttempt,
    'ring',
  );
  await inspect({ ...base, chip_id: '5', site: 'south', inspected_area_cm2: 1 }, 'ring');
  await inspect({ ...base, chip_id: '6', status: 'voided' }, 'scratch', 'scratch');
  await inspect({ lot_id: 'D1', chip_id: '7', status: 'failed' }, 'scratch');
});
afterAll(() => stage.end());

interface Bar {
  key: string | null;
  site?: string;
  count: number;
  share: number;
  cumulative_share: number;
}
/** Every inspection counts, except in tests of the choice. */
const pareto = async (query: string, policy = 'all') => {
  const answer = await stage.app.get<{ groups: Bar[]; totals: { count: number } }>(
    `/v1/defects/pareto?policy=${policy}&${query}`,
  );
  expect(answer.status).toBe(200);
  return answer.body;
};

describe('defect Pareto', () => {
  it('by class: most frequent first, ties by name, cumulative shares up to 1', async () => {
    const { groups, totals } = await pareto('by=class');
    expect(groups.map(({ key, count }) => [key, count])).toEqual([
      ['scratch', 3],
      ['particle', 2],
      ['ring', 2],
      ['void', 2],
    ]);
    expect(totals).toEqual({ count: 9 });
    expect(groups.map((bar) => bar.cumulative_share)).toEqual([3 / 9, 5 / 9, 7 / 9, 1]);
  });

  it.each([
    [
      'by=severity',
      [
        [null, 6],
        ['high', 2],
        ['low', 1],
      ],
    ],
    [
      'by=equipment',
      [
        ['E1', 6],
        ['E2', 2],
        [null, 1],
      ],
    ],
    [
      'by=class&equipment_id=E2',
      [
        ['scratch', 1],
        ['void', 1],
      ],
    ],
    ['site=south', [['ring', 1]]],
    [
      'from=2026-03-03T00:00:00Z&to=2026-03-04T00:00:00Z',
      [
        ['particle', 1],
        ['void', 1],
      ],
    ],
    ['lot_id=NONE', []],
  ])('%s', async (query, expected) => {
    expect((await pareto(query)).groups.map(({ key, count }) => [key, count])).toEqual(expected);
  });

  it.each([
    ['last', { scratch: 1, particle: 1, ring: 2, void: 2 }],
    ['first', { scratch: 2, particle: 2, ring: 2, void: 1 }],
  ])('of the %s inspection of each die: one that was inspected again shows its defects once', async (policy, bars) => {
    const { groups } = await pareto('by=class', policy);
    expect(Object.fromEntries(groups.map(({ key, count }) => [key, count]))).toEqual(bars);
    const { body } = await stage.app.get<object>(`/v1/defects/density?policy=${policy}`);
    expect(body).toMatchObject({
      totals: { attempts: 5, inspected_area_cm2: 7.5 },
      definition_id: 'defects.density/2',
    });
  });

  it('by lot keeps equal lot names of two sites apart', async () => {
    expect((await pareto('by=lot')).groups.map(({ key, site, count }) => [key, site, count])).toEqual([
      ['D1', '', 8],
      ['D1', 'south', 1],
    ]);
  });
});

describe('defect density', () => {
  interface Density {
    key?: string | null;
    defects: number;
    inspected_area_cm2: number;
    density_per_cm2: number | null;
    attempts: number;
    attempts_without_area: number;
  }
  const density = async (query: string) => {
    const answer = await stage.app.get<{ groups: Density[]; totals: Density }>(
      `/v1/defects/density?policy=all&${query}`,
    );
    expect(answer.status).toBe(200);
    return answer.body;
  };

  it('is defects over area, excluding attempts whose area is unknown', async () => {
    expect((await density('')).totals).toEqual({
      defects: 8,
      inspected_area_cm2: 9.5,
      density_per_cm2: 8 / 9.5,
      attempts: 6,
      attempts_without_area: 1,
    });
  });

  it('of groups comes from their sums; an inspection without defects counts its area', async () => {
    const { groups } = await density('group_by=day&lot_id=D1');
    expect(groups.map((g) => [g.key, g.defects, g.inspected_area_cm2, g.density_per_cm2])).toEqual([
      ['2026-03-02', 6, 9, 6 / 9],
      ['2026-03-03', 2, 0.5, 4],
    ]);
    expect((await density('group_by=equipment')).groups.map((g) => [g.key, g.defects, g.density_per_cm2])).toEqual([
      ['E1', 6, 6 / 7.5],
      ['E2', 2, 1],
      [null, 0, null],
    ]);
  });

  it('of the groups that top leaves off is unknown where no area is known, although sums round', async () => {
    // 0.1 thirteen times is more than 0.1 seven times and 0.1 six times.
    const machines = [...Array<string>(7).fill('E1'), ...Array<string>(6).fill('E2'), 'E3'];
    for (const [i, equipment_id] of machines.entries()) {
      const area = equipment_id === 'E3' ? {} : { inspected_area_cm2: 0.1 };
      await inspect({ lot_id: 'D5', chip_id: `${i}`, equipment_id, result: 'pass', ...area });
    }
    expect(await density('lot_id=D5&group_by=equipment&top=2')).toMatchObject({
      groups: [{ key: 'E1' }, { key: 'E2' }],
      other: { groups: 1, attempts: 1, attempts_without_area: 1, inspected_area_cm2: 0, density_per_cm2: null },
    });
  });

  it('without data is null', async () => {
    expect(await density('lot_id=NONE&group_by=lot')).toMatchObject({
      groups: [],
      totals: { defects: 0, inspected_area_cm2: 0, density_per_cm2: null, attempts: 0, attempts_without_area: 0 },
    });
  });

  it('agrees with the summary of a published defect file: 16 defects on 232.96 cm2', async () => {
    await inspect(
      { lot_id: 'KLARF', chip_id: 'wafer', inspected_area_cm2: 232.96, result: 'fail' },
      ...Array<string>(16).fill('unclassified'),
    );
    expect((await density('lot_id=KLARF')).totals.density_per_cm2).toBeCloseTo(0.068681, 6);
  });
});

describe('the defects of a wafer', () => {
  it('are those of the counted attempts, each at its die', async () => {
    const base = { lot_id: 'D9', wafer_id: 'W7', result: 'fail', die_x: 2, die_y: -1 } as const;
    await inspect({ ...base, chip_id: 'a' }, 'pit');
    await inspect({ ...base, chip_id: 'a', occurred_at: '2026-03-02T09:00:00Z' }, 'scratch/high', 'void');
    await inspect({ ...base, chip_id: 'b', die_x: 1, die_y: 4 }, 'ring');
    await inspect({ lot_id: 'D9', wafer_id: 'W7', chip_id: 'c', result: 'fail' }, 'unplaced');
    await stage.db.database.query(
      `INSERT INTO wafers (id, lot_id, wafer_id) SELECT gen_random_uuid(), id, 'W7' FROM lots WHERE lot_id = 'D9'`,
    );
    const of = async (query: string) => {
      const { body } = await stage.app.get<{ defects: { die_x: number; die_y: number; class: string }[] }>(
        `/v1/lots/D9/wafers/W7/defects${query}`,
      );
      return body.defects.map((one) => [one.die_x, one.die_y, one.class]);
    };
    expect(await of('')).toEqual([
      [1, 4, 'ring'],
      [2, -1, 'scratch'],
      [2, -1, 'void'],
    ]);
    expect(await of('?policy=first')).toEqual([
      [1, 4, 'ring'],
      [2, -1, 'pit'],
    ]);
    expect(await of('?step=none')).toEqual([]);
    expect((await stage.app.get('/v1/lots/D9/wafers/W8/defects')).status).toBe(404);
  });
});
