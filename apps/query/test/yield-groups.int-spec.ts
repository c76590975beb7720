/** Yield by hour, week, step, recipe and site: from the attempts and from the summaries alike. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

interface Yield {
  groups: { key: string | null; units: number; passed: number }[];
  totals: { units: number; passed: number };
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  const unit = { result: 'pass' as const };
  await seedAttempts(stage.db.database, [
    { ...unit, site: 'north', lot_id: 'A', chip_id: '1', step: 'etch', occurred_at: '2026-01-04T23:59:59.999999Z' },
    {
      ...unit,
      site: 'north',
      lot_id: 'A',
      chip_id: '2',
      step: 'etch',
      occurred_at: '2026-01-05T00:00:00Z',
      result: 'fail',
    },
    { ...unit, site: 'south', lot_id: 'A', chip_id: '1', occurred_at: '2026-01-05T00:30:00Z' },
    // A retest: the last attempt passes, an hour later at the other step.
    {
      ...unit,
      site: 'north',
      lot_id: 'B',
      chip_id: '1',
      step: 'etch',
      attempt: 1,
      result: 'fail',
      occurred_at: '2026-01-05T00:10:00Z',
    },
    {
      ...unit,
      site: 'north',
      lot_id: 'B',
      chip_id: '1',
      step: 'litho',
      attempt: 2,
      occurred_at: '2026-01-05T01:10:00Z',
    },
  ]);
  await stage.db.database.query(`UPDATE inspection_attempts SET recipe = 'R1' WHERE step = 'etch'`);
});
afterAll(() => stage.end());

const groups = async (query: string): Promise<[string | null, number, number][]> => {
  const { status, body } = await stage.app.get<Yield>(`/v1/yield?${query}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  expect(body.groups.reduce((sum, { units }) => sum + units, 0)).toBe(body.totals.units);
  return body.groups.map(({ key, units, passed }) => [key, units, passed]);
};

describe('yield', () => {
  it.each<[string, [string | null, number, number][]]>([
    [
      'hour',
      [
        ['2026-01-04T23', 1, 1],
        ['2026-01-05T00', 2, 1],
        ['2026-01-05T01', 1, 1],
      ],
    ],
    [
      'week',
      [
        ['2026-W01', 1, 1],
        ['2026-W02', 3, 2],
      ],
    ],
    [
      'step',
      [
        ['etch', 2, 1],
        ['litho', 1, 1],
        [null, 1, 1],
      ],
    ],
    [
      'recipe',
      [
        ['R1', 2, 1],
        [null, 2, 2],
      ],
    ],
    [
      'site',
      [
        ['north', 3, 2],
        ['south', 1, 1],
      ],
    ],
  ])('by %s', async (by, expected) => {
    expect(await groups(`group_by=${by}`)).toEqual(expected);
    // A range that is no whole day is answered from the attempts, and one that begins in a day from both.
    expect(await groups(`group_by=${by}&from=2026-01-04T10:00:00Z&to=2026-01-05T20:00:00Z`)).toEqual(expected);
    expect(await groups(`group_by=${by}&from=2026-01-04T10:00:00Z&to=2026-01-06T00:00:00Z`)).toEqual(expected);
  });

  it('by week and site takes the attempt that the policy chooses', async () => {
    expect(await groups('group_by=week&kind=first_pass')).toEqual([
      ['2026-W01', 1, 1],
      ['2026-W02', 3, 1],
    ]);
    expect(await groups('group_by=site&kind=insertion')).toEqual([
      ['north', 4, 2],
      ['south', 1, 1],
    ]);
    expect(await groups('group_by=step&kind=first_pass')).toEqual([
      ['etch', 3, 1],
      [null, 1, 1],
    ]);
  });

  it('groups defects and bins the same way', async () => {
    for (const by of ['hour', 'week', 'step', 'recipe', 'site']) {
      const { status } = await stage.app.get(`/v1/defects/density?group_by=${by}`);
      expect([by, status]).toEqual([by, 200]);
    }
  });

  it('shows the greatest groups, and the rest together', async () => {
    interface Cut extends Yield {
      other?: { groups: number; units: number; passed: number };
    }
    const cut = async (query: string) => (await stage.app.get<Cut>(`/v1/yield?${query}`)).body;
    const bySite = await cut('group_by=site&top=1');
    expect(bySite.groups.map(({ key, units }) => [key, units])).toEqual([['north', 3]]);
    expect(bySite.other).toMatchObject({ groups: 1, units: 1, passed: 1, failed: 0, yield: 1 });
    // By hour the greatest two, in the order of time; from the attempts and from the summaries.
    for (const range of ['', '&from=2026-01-04T10:00:00Z&to=2026-01-05T20:00:00Z']) {
      const byHour = await cut(`group_by=hour&top=2${range}`);
      expect(byHour.groups.map(({ key, units }) => [key, units])).toEqual([
        ['2026-01-04T23', 1],
        ['2026-01-05T00', 2],
      ]);
      expect(byHour.other).toMatchObject({ groups: 1, units: 1 });
    }
    expect((await cut('group_by=site&top=2')).other).toBeUndefined();
    const density = await stage.app.get<{ other: object }>('/v1/defects/density?group_by=site&top=1');
    expect(density.body.other).toMatchObject({ groups: 1, attempts: 1 });
    for (const query of ['top=1', 'top=0&group_by=lot', 'top=1&group_by=lot&kind=rolled_throughput']) {
      expect([query, (await stage.app.get(`/v1/yield?${query}`)).status]).toEqual([query, 400]);
    }
  });
});

describe('a plant with 150 inspection types', () => {
  beforeAll(async () => {
    const types = Array.from({ length: 150 }, (_, i) => `layer-${i}`);
    await stage.db.database.query(
      `INSERT INTO inspection_types (name, description) SELECT name, name FROM unnest($1::text[]) AS name`,
      [types],
    );
    await seedAttempts(
      stage.db.database,
      types.map((inspection_type, i) => ({
        lot_id: `LAYER${i % 3}`,
        chip_id: 'c',
        product: 'LAYERS',
        inspection_type,
        result: 'pass' as const,
      })),
    );
  });
  it.each(['', '&step='])('keeps the groups that top asks for%s', async (how) => {
    const { body } = await stage.app.get<Yield & { other: object }>(
      `/v1/yield?product=LAYERS&group_by=lot&top=2${how}`,
    );
    expect(body).toMatchObject({
      groups: [{ units: 50 }, { units: 50 }],
      other: { groups: 1, units: 50 },
      totals: { units: 150 },
    });
  });
});
