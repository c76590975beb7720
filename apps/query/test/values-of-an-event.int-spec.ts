/** An event may repeat a name, as for the sites of a wafer: its values are neighbours in the order in which the machine sends them. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts, sumUpDays } from './seed.ts';

/** Of nine sites each, on two days; in no order. */
const WAFERS = [
  [28.4, 27.9, 28.6, 28.1, 28.3, 27.8, 28.5, 28.0, 28.2],
  [28.1, 28.7, 28.0, 28.4, 27.7, 28.2, 28.6, 27.9, 28.3],
  [27.8, 28.3, 28.1, 28.6, 27.9, 28.5, 28.0, 28.4, 28.2],
  [28.6, 27.9, 28.4, 28.0, 28.3, 27.7, 28.2, 28.5, 28.1],
];
const VALUES = WAFERS.flat();
const LIMITS = { lsl: 26, usl: 30 };

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  const events = WAFERS.map(() => randomUUID());
  const ids = await seedAttempts(
    stage.db.database,
    WAFERS.map((_, i) => ({
      lot_id: 'L1',
      chip_id: `W${i}`,
      wafer_id: `W${i}`,
      die_x: 0,
      die_y: 0,
      product: 'P',
      result: 'pass' as const,
      event_id: events[i]!,
      occurred_at: `2026-03-0${2 + Math.floor(i / 2)}T0${8 + (i % 2)}:00:00Z`,
    })),
  );
  for (const [i, values] of WAFERS.entries()) {
    const same = <T>(value: T): T[] => values.map(() => value);
    await stage.db.database.query(
      `INSERT INTO measurement_vectors (time, inspection_id, event_id, set_id, values)
       SELECT a.occurred_at, $1, $2, store_measurement_sets(json_build_array(json_build_object('names', $4::text[], 'units', $5::text[],
         'lower_limits', $6::float8[], 'upper_limits', $6::float8[]))), $3::float8[] FROM inspection_attempts AS a WHERE a.inspection_id = $1`,
      [ids[i]!, events[i]!, values, same('gate_cd'), same('nm'), same(null)],
    );
  }
  await stage.db.database.query(
    `INSERT INTO wafers (id, lot_id, wafer_id) SELECT gen_random_uuid(), l.id, 'W' || n FROM lots AS l, generate_series(0, 3) AS n`,
  );
});
afterAll(() => stage.end());

const ask = async <T>(path: string, body?: object): Promise<T> => {
  const init = body && {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const answer = await stage.app.get<T>(path, init);
  expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
  return answer.body;
};
interface Capability {
  n: number;
  sigma_within: number;
  sigma_overall: number;
  cpk: number;
}
interface Chart {
  sigma: number;
  location: { points: { value: number }[]; violations: object[] };
}
const figures = ({ n, sigma_within, sigma_overall, cpk }: Capability): unknown => ({
  n,
  sigma_within: expect.closeTo(sigma_within, 9) as unknown,
  sigma_overall: expect.closeTo(sigma_overall, 9) as unknown,
  cpk: expect.closeTo(cpk, 9) as unknown,
});

describe.each(['one by one', 'by day'])('values of one event, read %s', (how) => {
  beforeAll(async () => {
    if (how === 'by day') {
      await sumUpDays(stage.db.url);
    }
  });

  it('have the capability of the same numbers in their order', async () => {
    const expected = figures(await ask<Capability>('/v1/capability/evaluate', { values: VALUES, ...LIMITS }));
    expect(await ask('/v1/capability?parameter=gate_cd&lsl=26&usl=30')).toMatchObject(expected as object);
    const { parameters } = await ask<{ parameters: Capability[] }>('/v1/capabilities?product=P');
    const { sigma_within } = parameters[0]!;
    expect({ sigma_within }).toEqual({ sigma_within: (expected as Capability).sigma_within });
  });

  it('have the chart of the same numbers in their order', async () => {
    const expected = await ask<Chart>('/v1/spc/evaluate', { chart: 'imr', values: VALUES, rules: 'nelson' });
    const { sigma, location } = await ask<Chart>('/v1/spc?chart=imr&parameter=gate_cd&rules=nelson');
    expect(location.points.map(({ value }) => value)).toEqual(VALUES);
    expect([sigma, location.violations]).toEqual([expected.sigma, expected.location.violations]);
  });

  it('form samples in their order', async () => {
    const { location } = await ask<Chart>('/v1/spc?chart=xbar_r&parameter=gate_cd&subgroup=3');
    const means = Array.from({ length: VALUES.length / 3 }, (_, i) => {
      const [a = 0, b = 0, c = 0] = VALUES.slice(3 * i);
      return expect.closeTo((a + b + c) / 3, 9) as unknown;
    });
    expect(location.points.map(({ value }) => value)).toEqual(means);
  });

  it('have the last of them on a map', async () => {
    for (const [i, values] of WAFERS.entries()) {
      const { dies } = await ask<{ dies: unknown }>(`/v1/lots/L1/wafers/W${i}/map?value=gate_cd`);
      expect(dies).toEqual([[0, 0, values.at(-1)]]);
    }
  });
});
