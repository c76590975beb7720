/** Values that are all equal have no spread, although sums of them round: 25 times 0.1 is not 2.5 in doubles. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { packMeasurements, seedAttempts, sumUpDays } from './seed.ts';

// 0.1 times 43, divided by 43, is not 0.1.
const LOTS = { L1: 3, L2: 6, L3: 10, L4: 24 };
const COUNT = Object.values(LOTS).reduce((sum, size) => sum + size);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  const attempts = Object.entries(LOTS).flatMap(([lot_id, size], day) =>
    Array.from({ length: size }, (_, i) => ({
      lot_id,
      chip_id: `${i}`,
      result: 'pass' as const,
      product: 'P',
      event_id: randomUUID(),
      occurred_at: `2026-03-0${day + 2}T08:00:${String(i).padStart(2, '0')}Z`,
    })),
  );
  await seedAttempts(stage.db.database, attempts);
  await stage.db.database.query(
    `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit)
     SELECT occurred_at, inspection_id, event_id, 'gap', 0.1, 'um' FROM inspection_attempts`,
  );
  await packMeasurements(stage.db.database);
});
afterAll(() => stage.end());

const get = async <T>(path: string): Promise<T> => {
  const { status, body } = await stage.app.get<T>(path);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body;
};
interface Figures {
  n: number;
  mean: number;
  sigma_within: number | null;
  sigma_overall: number | null;
  cpk: number | null;
  ppk: number | null;
  cpm: number | null;
  ppm: number | null;
}

describe.each(['one by one', 'by day'])('equal values, read %s', (how) => {
  beforeAll(async () => {
    if (how === 'by day') {
      await sumUpDays(stage.db.url);
    }
  });

  it.each(['1', 'lot', 'day', '2'])('have no capability, as samples by %s', async (subgroup) => {
    const query = `parameter=gap&subgroup=${subgroup}&lsl=0&usl=1`;
    const { mean, sigma_within, sigma_overall, cpk, ppk } = await get<Figures>(`/v1/capability?${query}`);
    expect([mean, sigma_within, sigma_overall, cpk, ppk]).toEqual([0.1, 0, 0, null, null]);
  });

  it('have none around a target', async () => {
    const { mean, cpm, ppm } = await get<Figures>('/v1/capability?parameter=gap&lsl=0&usl=1&target=0.1');
    expect([mean, cpm, ppm]).toEqual([0.1, null, null]);
  });

  it('have none in the list of parameters', async () => {
    const { parameters } = await get<{ parameters: Figures[] }>('/v1/capabilities?product=P');
    expect(parameters.map(({ n, mean, sigma_overall }) => [n, mean, sigma_overall])).toEqual([[COUNT, 0.1, 0]]);
  });

  it.each(['xbar_r', 'xbar_s', 'between_within'])('are no alarm on %s', async (chart) => {
    const charted = await get<{ location: { violations: object[] }; sigma: number }>(
      `/v1/spc?chart=${chart}&parameter=gap&subgroup=lot&rules=nelson${chart === 'xbar_r' ? '&lot_id=L1&lot_id=L2&lot_id=L3' : ''}`,
    );
    expect(charted.sigma).toBe(0);
    expect(charted.location.violations).toEqual([]);
  });
});
