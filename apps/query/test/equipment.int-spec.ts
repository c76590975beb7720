import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts, type SeedAttempt } from './seed.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  // E1 fails 10 of 20, E2 and E3 1 of 20 each.
  const units = (equipment_id: string, failed: number): SeedAttempt[] =>
    Array.from({ length: 20 }, (_, i) => ({
      lot_id: 'C1',
      chip_id: `${equipment_id}-${i}`,
      equipment_id,
      result: i < failed ? 'fail' : 'pass',
      occurred_at: `2026-03-02T08:00:${String(i % 5).padStart(2, '0')}Z`,
    }));
  await seedAttempts(stage.db.database, [
    ...units('E2', 1),
    ...units('E1', 10),
    ...units('E3', 1),
    { lot_id: 'C1', chip_id: 'unnamed', result: 'fail' },
    {
      lot_id: 'C1',
      chip_id: 'running',
      equipment_id: 'E1',
      status: 'in_progress',
      attempt: 1,
      completed_at: null,
      occurred_at: '2026-03-02T09:00:00Z',
    },
  ]);
});
afterAll(() => stage.end());

interface Group {
  key: string;
  units: number;
  failed: number;
  yield: number;
  yield_lower: number;
  yield_upper: number;
  odds_ratio: number | null;
  p: number | null;
  p_corrected: number | null;
}
const compare = async (query: string) => {
  const { status, body } = await stage.app.get<{ groups: Group[]; totals: { units: number; yield: number | null } }>(
    `/v1/equipment/compare?${query}`,
  );
  expect(status).toBe(200);
  return body;
};

describe('comparison of equipment', () => {
  it('puts the one that fails most beyond chance first', async () => {
    const { groups, totals } = await compare('');
    expect(groups.map((g) => [g.key, g.units, g.failed])).toEqual([
      ['E1', 20, 10],
      ['E2', 20, 1],
      ['E3', 20, 1],
    ]);
    expect(totals).toMatchObject({ units: 60, yield: 0.8 });
    const [worst, good] = groups as [Group, Group];
    expect(worst.odds_ratio).toBeCloseTo((10 * 38) / (10 * 2), 9);
    expect(worst.p!).toBeLessThan(0.001);
    expect(worst.p_corrected!).toBeCloseTo(3 * worst.p!, 12);
    expect(good.p_corrected!).toBeGreaterThan(0.05);
    // Wilson interval of 10 of 20.
    expect(worst.yield_lower).toBeCloseTo(0.299298, 5);
    expect(worst.yield_upper).toBeCloseTo(0.700702, 5);
  });

  it('of one alone, or of none, compares nothing', async () => {
    expect((await compare('equipment_id=E1')).groups).toMatchObject([
      { key: 'E1', odds_ratio: null, p: null, p_corrected: null },
    ]);
    expect(await compare('lot_id=NONE')).toMatchObject({ groups: [], totals: { units: 0, yield: null } });
  });
});

describe('units of one machine', () => {
  it('are everything it touched, once each, newest first through tied times', async () => {
    interface Page {
      items: { chip_id: string; lot_id: string; occurred_at: string; status: string }[];
      next_cursor: string | null;
    }
    const items: Page['items'] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body }: { body: Page } = await stage.app.get<Page>(
        `/v1/equipment/E1/units?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      items.push(...body.items);
      cursor = body.next_cursor;
    }
    expect(items).toHaveLength(21);
    expect(new Set(items.map((item) => item.chip_id)).size).toBe(21);
    expect(items[0]).toMatchObject({ chip_id: 'running', lot_id: 'C1', status: 'in_progress' });
    const times = items.map((item) => item.occurred_at);
    expect(times).toEqual([...times].sort().reverse());
  });

  it('in a range, and of a machine nobody knows', async () => {
    const of = async (path: string) => (await stage.app.get<{ items: unknown[] }>(path)).body.items.length;
    expect(await of('/v1/equipment/E1/units?from=2026-03-02T08:00:01Z&to=2026-03-02T08:00:03Z')).toBe(8);
    expect(await of('/v1/equipment/NONE/units')).toBe(0);
  });
});
