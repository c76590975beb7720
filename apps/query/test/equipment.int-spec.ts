import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts, type SeedAttempt } from './seed.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  // Of five units in each of six lots, E1 fails two (three in the first lot), E2 and E3 one in one lot each.
  const units = (equipment_id: string, failed: (lot: number) => number): SeedAttempt[] =>
    Array.from({ length: 30 }, (_, i) => ({
      lot_id: `C${i % 6}`,
      chip_id: `${equipment_id}-${i}`,
      equipment_id,
      wafer_id: `W${Math.floor(i / 6) % 2}`,
      result: Math.floor(i / 6) < failed(i % 6) ? 'fail' : 'pass',
      occurred_at: `2026-03-02T08:00:${String(i % 5).padStart(2, '0')}Z`,
    }));
  await seedAttempts(stage.db.database, [
    ...units('E2', (lot) => (lot === 2 ? 1 : 0)),
    ...units('E1', (lot) => (lot === 0 ? 3 : 2)),
    ...units('E3', (lot) => (lot === 3 ? 1 : 0)),
    // Two lots say nothing about a machine, however bad they are.
    { lot_id: 'C0', chip_id: 'few-0', equipment_id: 'E4', result: 'fail' },
    { lot_id: 'C1', chip_id: 'few-1', equipment_id: 'E4', result: 'fail' },
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
  samples: number;
  p: number | null;
  p_corrected: number | null;
  q: number | null;
  verdict: string;
}
const compare = async (query: string) => {
  const { status, body } = await stage.app.get<{
    groups: Group[];
    totals: { units: number; yield: number | null; p: number | null; dispersion: number | null };
    definition: string;
    definition_id: string;
  }>(`/v1/equipment/compare?${query}`);
  expect(status).toBe(200);
  return body;
};

describe('comparison of equipment', () => {
  it('ranks first the equipment whose lots fail most beyond chance', async () => {
    const { groups, totals, definition_id } = await compare('equipment_id=E1&equipment_id=E2&equipment_id=E3');
    expect(groups.map((g) => [g.key, g.units, g.failed, g.samples, g.verdict])).toEqual([
      ['E1', 30, 13, 6, 'worse'],
      ['E2', 30, 1, 6, 'no_difference'],
      ['E3', 30, 1, 6, 'no_difference'],
    ]);
    expect([totals.units, totals.yield, definition_id]).toEqual([90, 75 / 90, 'equipment.compare/2']);
    const [worst] = groups as [Group];
    expect(worst.odds_ratio).toBeCloseTo((13 * 58) / (17 * 2), 9);
    expect(worst.p!).toBeLessThan(0.001);
    expect(worst.p_corrected!).toBeCloseTo(3 * worst.p!, 12);
    expect(worst.q!).toBeLessThanOrEqual(worst.p_corrected!);
    expect(totals.p!).toBeLessThan(0.01);
    // Lots of one machine vary as independent units do: the Wilson interval of 13 of 30 failing.
    expect(totals.dispersion).toBe(1);
    expect(worst.yield_lower).toBeCloseTo(0.391976, 5);
    expect(worst.yield_upper).toBeCloseTo(0.726225, 5);
  });

  it('is inconclusive below three lots', async () => {
    const few = (await compare('')).groups.find(({ key }) => key === 'E4');
    expect(few).toMatchObject({ samples: 2, p: null, p_corrected: null, q: null, verdict: 'inconclusive' });
  });

  it('by wafer has more samples', async () => {
    const { groups } = await compare('sample=wafer&equipment_id=E1&equipment_id=E2');
    expect(groups.map(({ key, samples }) => [key, samples])).toEqual([
      ['E1', 12],
      ['E2', 12],
    ]);
    // Its units are of two lots, and name no wafer.
    const all = await compare('sample=wafer');
    expect(all.groups.find(({ key }) => key === 'E4')).toMatchObject({ units: 2, samples: 2 });
    expect(all.definition).toContain('Units of a lot that name no wafer are one sample.');
    expect((await compare('')).definition).not.toContain('wafer');
  });

  it('of one machine, or of none, compares nothing', async () => {
    expect((await compare('equipment_id=E1')).groups).toMatchObject([
      { key: 'E1', odds_ratio: null, samples: 0, p: null, p_corrected: null },
    ]);
    expect(await compare('lot_id=NONE')).toMatchObject({ groups: [], totals: { units: 0, yield: null } });
  });
});

describe('units of one machine', () => {
  interface Page {
    items: { chip_id: string; lot_id: string; step: string; occurred_at: string; status: string }[];
    next_cursor: string | null;
  }
  const pagesOf = async (machine: string, limit: number): Promise<Page['items']> => {
    const items: Page['items'] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body }: { body: Page } = await stage.app.get<Page>(
        `/v1/equipment/${machine}/units?limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      items.push(...body.items);
      cursor = body.next_cursor;
    }
    return items;
  };

  it('are everything that it touched, once each, newest first even among tied times', async () => {
    const items = await pagesOf('E1', 3);
    expect(items).toHaveLength(31);
    expect(new Set(items.map((item) => item.chip_id)).size).toBe(31);
    expect(items[0]).toMatchObject({ chip_id: 'running', lot_id: 'C1', status: 'in_progress' });
    const times = items.map((item) => item.occurred_at);
    expect(times).toEqual([...times].sort().reverse());
  });

  it('are on some page also where one event decides several attempts, as a withdrawal does', async () => {
    const event_id = '11111111-1111-4111-8111-111111111111';
    const withdrawn = { chip_id: 'void', equipment_id: 'E9', status: 'voided', event_id };
    await seedAttempts(stage.db.database, [
      { ...withdrawn, attempt: 1 },
      { ...withdrawn, attempt: 2 },
      { ...withdrawn, step: 's' },
      { ...withdrawn, chip_id: 'before', event_id: '00000000-1111-4111-8111-111111111111' },
    ]);
    for (const limit of [1, 2, 3, 4]) {
      const items = await pagesOf('E9', limit);
      expect(items.map(({ chip_id }) => chip_id)).toEqual(['void', 'void', 'void', 'before']);
      expect(items.map(({ step }) => step).sort()).toEqual(['', '', '', 's']);
    }
  });

  it('within a range, and for an unknown machine', async () => {
    const of = async (path: string) => (await stage.app.get<{ items: unknown[] }>(path)).body.items.length;
    expect(await of('/v1/equipment/E1/units?from=2026-03-02T08:00:01Z&to=2026-03-02T08:00:03Z')).toBe(12);
    expect(await of('/v1/equipment/NONE/units')).toBe(0);
  });
});
