/** Frozen control limits over HTTP: made from a baseline or given, in versions, and on charts of phase II. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

interface Limits {
  id: string;
  version: number;
  chart: string;
  product: string | null;
  unit: string | null;
  settings: Record<string, unknown>;
  centre: number;
  sigma: number | null;
  sigma_within: number | null;
  sigma_z: number | null;
  lower: number | null;
  upper: number | null;
  n: number | null;
  samples: number | null;
  baseline: { from: string; to: string } | null;
  exclusions: { index: number; lot_id: string | null; reason: string }[];
  as_of: object | null;
  definition: string;
  author: string;
}
interface Panel {
  centre: number | null;
  lower: number | null;
  upper: number | null;
  points: { index: number; value: number; lower: number; upper: number }[];
  violations: { rule: string; index: number }[];
}
interface Chart {
  location: Panel;
  dispersion?: Panel;
  within?: Panel;
  sigma: number | null;
  limits?: { id: string; version: number };
  definition: string;
}
interface Refusal {
  code: string;
  detail: string;
  errors?: { parameter: string }[];
}

let stage: Stage;
const LOTS = 8;
beforeAll(async () => {
  stage = await openStage();
  const { database } = stage.db;
  // Lots of 5 on one day each: six in control, of which the fourth has an outlier, then one high and one low.
  await seedAttempts(
    database,
    Array.from({ length: LOTS * 5 }, (_, i) => ({
      lot_id: `L${Math.floor(i / 5)}`,
      chip_id: `c${i % 5}`,
      product: 'P',
      equipment_id: 'E',
      result: i % 5 === 0 ? ('fail' as const) : ('pass' as const),
      occurred_at: `2026-07-0${1 + Math.floor(i / 5)}T00:00:0${i % 5}Z`,
    })),
  );
  await database.query(
    `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit)
     SELECT a.occurred_at, a.inspection_id, a.event_id, 'x',
            (ARRAY[10, 10.2, 9.8, 14, 10.1, 9.9, 13, 7])[1 + substr(l.lot_id, 2)::int] + (substr(i.chip_id, 2)::int - 2) / 5.0, 'nm'
       FROM inspection_attempts a JOIN inspections i ON i.id = a.inspection_id JOIN lots l ON l.id = a.lot_id`,
  );
});
afterAll(() => stage.end());

const post = <T = Limits>(body: object) =>
  stage.app.get<T>('/v1/control-limits', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'end of phase I', ...body }),
  });
const freeze = async (body: object): Promise<Limits> => {
  const { status, body: stored } = await post(body);
  expect([status, stored]).toEqual([201, expect.anything()]);
  return stored;
};
const get = async <T>(path: string): Promise<T> => {
  const { status, body } = await stage.app.get<T>(path);
  expect([path, status, body]).toEqual([path, 200, expect.anything()]);
  return body;
};
const BASELINE = { from: '2026-07-01T00:00:00Z', to: '2026-07-07T00:00:00Z' };
const x = { parameter: 'x', product: 'P', baseline: BASELINE };
const indices = (panel: Panel | undefined): number[] => panel!.violations.map(({ index }) => index);

describe('limits from a baseline', () => {
  it('are what the chart of the baseline has, without the samples excluded', async () => {
    const exclude = [{ index: 3, reason: 'pump exchanged' }];
    const { status, headers, body: limits } = await post({ ...x, chart: 'xbar_r', exclude });
    expect([status, headers.get('location')]).toEqual([201, `/v1/control-limits/${limits.id}`]);
    const chart = await get<Chart>(
      `/v1/spc?parameter=x&product=P&chart=xbar_r&from=${BASELINE.from}&to=${BASELINE.to}&exclude=3`,
    );
    expect(limits).toMatchObject({
      version: 1,
      unit: 'nm',
      n: 5,
      samples: 6,
      baseline: { from: '2026-07-01T00:00:00Z', to: '2026-07-07T00:00:00Z' },
      exclusions: [{ index: 3, lot_id: 'L3', reason: 'pump exchanged' }],
      author: 'anonymous',
      as_of: { positions: [] },
    });
    expect([limits.centre, limits.sigma, limits.lower, limits.upper]).toEqual([
      chart.location.centre,
      chart.sigma,
      chart.location.lower,
      chart.location.upper,
    ]);
    expect(limits.centre).toBeCloseTo(10, 12);
    expect(limits.definition).toContain('exclude');
    expect(await get(`/v1/control-limits/${limits.id}`)).toEqual(limits);
  });

  it('of what is mixed have the unit of the values, which a later catalogue does not change', async () => {
    await stage.db.database.query(
      `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit)
       SELECT time, inspection_id, event_id, 'mixed', value, unit FROM measurements WHERE name = 'x'`,
    );
    const mixed = { parameter: 'mixed', chart: 'imr', mix: 'yes' };
    const { id, unit, centre } = await freeze({ ...mixed, baseline: BASELINE });
    expect(unit).toBe('nm');
    const entry = { name: 'mixed', unit: 'um', usl: 0.02, reason: 'first', valid_from: '2026-01-01T00:00:00Z' };
    const { status } = await stage.app.get('/v1/parameters', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(entry),
    });
    expect(status).toBe(200);
    const { location } = await get<Chart>(`/v1/spc?parameter=mixed&chart=imr&mix=yes&limits=${id}`);
    expect([location.centre, location.points[0]!.value]).toEqual([centre, 9.6]);
  });

  it('have versions, which are never changed, each in the audit trail', async () => {
    const second = await freeze({ ...x, chart: 'xbar_r' });
    expect(second.version).toBe(2);
    // Another product, chart or subgroup begins with its own first version.
    expect((await freeze({ ...x, chart: 'xbar_r', equipment_id: 'E' })).version).toBe(1);
    expect((await freeze({ ...x, chart: 'xbar_s' })).version).toBe(1);
    const { items } = await get<{ items: Limits[] }>('/v1/control-limits?parameter=x&chart=xbar_r&product=P');
    expect(items.map(({ version }) => version)).toEqual([1, 2, 1]);
    const trail = await stage.db.database.query('SELECT action, reason, new_value FROM audit_log WHERE subject = $1', [
      `control_limits:${second.id}`,
    ]);
    expect(trail).toMatchObject([
      { action: 'control_limits.create', reason: 'end of phase I', new_value: { version: 2, chart: 'xbar_r' } },
    ]);
    for (const statement of [
      'UPDATE control_limits SET centre = 0',
      'DELETE FROM control_limits',
      'TRUNCATE control_limits',
    ]) {
      await expect(stage.db.database.query(statement)).rejects.toMatchObject({ sqlstate: '42501' });
    }
  });

  it('get consecutive versions from requests at the same time', async () => {
    const all = await Promise.all(
      Array.from({ length: 8 }, () => freeze({ parameter: 'race', chart: 'imr', given: { centre: 0, sigma: 1 } })),
    );
    expect(all.map(({ version }) => version).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('a chart with frozen limits', () => {
  it('judges what came later by them, and needs no data', async () => {
    const limits = await freeze({
      ...x,
      chart: 'imr',
      subgroup: 'lot',
      exclude: [{ index: 3, reason: 'pump exchanged' }],
    });
    const later = `parameter=x&product=P&chart=imr&subgroup=lot&from=${BASELINE.to}`;
    for (const which of ['current', limits.id]) {
      const chart = await get<Chart>(`/v1/spc?${later}&limits=${which}`);
      expect(chart.limits).toEqual({ id: limits.id, version: 1 });
      expect(chart.definition).toContain(`Limits: ${limits.id}, version 1`);
      // Sigma of the points is not divided by the root of 5 again.
      expect([chart.location.centre, chart.location.lower, chart.location.upper]).toEqual([
        limits.centre,
        limits.lower,
        limits.upper,
      ]);
      expect(indices(chart.location)).toEqual([0, 1]);
    }
    const none = await get<Chart>(`/v1/spc?${later}&lot_id=NONE&limits=current`);
    expect(none.location).toMatchObject({ centre: limits.centre, upper: limits.upper, points: [] });
  });

  it('takes current limits that name most of what is filtered by', async () => {
    const every = await freeze({ parameter: 'x', chart: 'ewma', given: { centre: 10, sigma: 1 }, lambda: 1 });
    const product = await freeze({ parameter: 'x', chart: 'ewma', product: 'P', given: { centre: 11, sigma: 1 } });
    const used = async (filters: string): Promise<string | undefined> =>
      (await get<Chart>(`/v1/spc?parameter=x&chart=ewma&limits=current&${filters}`)).limits?.id;
    expect(await used('product=P')).toBe(product.id);
    expect(await used('product=P&equipment_id=E')).toBe(product.id);
    expect(await used('product=Q')).toBe(every.id);
    expect(await used('product=P&product=Q')).toBe(every.id);
    const renewed = await freeze({ parameter: 'x', chart: 'ewma', given: { centre: 10, sigma: 2 }, lambda: 1 });
    expect([renewed.version, await used('product=Q')]).toEqual([2, renewed.id]);
    // lambda comes with the limits.
    const chart = await get<Chart>(`/v1/spc?parameter=x&chart=ewma&limits=${every.id}`);
    expect(chart.location.points[0]!.value).toBeCloseTo(9.6, 12);
  });

  it('of every kind has the limits that were given', async () => {
    const given = [
      ['cusum', { centre: 10, sigma: 1 }, { parameter: 'x' }],
      ['between_within', { centre: 10, sigma: 1, sigma_within: 0.3 }, { parameter: 'x' }],
      ['p', { centre: 0.05 }, {}],
      ['np', { centre: 0.05 }, {}],
      ['c', { centre: 2 }, {}],
      ['u', { centre: 2 }, {}],
      ['p_prime', { centre: 0.05, sigma_z: 2 }, {}],
      ['u_prime', { centre: 2, sigma_z: 2 }, {}],
    ] as const;
    for (const [chart, numbers, own] of given) {
      const limits = await freeze({ ...own, chart, given: numbers });
      const drawn = await get<Chart>(
        `/v1/spc?chart=${chart}&limits=current${'parameter' in own ? `&parameter=${own.parameter}` : ''}`,
      );
      expect([chart, drawn.limits?.id, drawn.location.points.length > 0]).toEqual([chart, limits.id, true]);
      const { points } = drawn.location;
      const upper = {
        cusum: 5,
        between_within: 13,
        p: 0.05 + 3 * Math.sqrt((0.05 * 0.95) / 5),
        np: 0.25 + 3 * Math.sqrt(0.05 * 0.95 * 5),
        c: 10 + 3 * Math.sqrt(10),
        u: 2 + 3 * Math.sqrt(2 / 5),
        p_prime: 0.05 + 6 * Math.sqrt((0.05 * 0.95) / 5),
        u_prime: 2 + 6 * Math.sqrt(2 / 5),
      }[chart];
      expect([chart, points[0]!.upper]).toEqual([chart, expect.closeTo(upper, 9)]);
      if (chart === 'between_within') {
        expect(drawn.within!.centre).toBeCloseTo(2.325929 * 0.3, 9);
      }
    }
    const counted = await freeze({ chart: 'p', product: 'P', baseline: BASELINE });
    expect([counted.centre, counted.sigma, counted.unit]).toEqual([expect.closeTo(0.2, 12), null, null]);
  });

  it('of another unit converts its values to that of the limits', async () => {
    const limits = await freeze({
      parameter: 'x',
      chart: 'xbar_s',
      given: { centre: 0.01, sigma: 0.0003, unit: 'um' },
    });
    const chart = await get<Chart>(`/v1/spc?parameter=x&chart=xbar_s&limits=${limits.id}`);
    expect(chart.location.points[0]!.value).toBeCloseTo(0.01, 12);
    expect(chart.definition).toContain('Values in um, converted from nm.');
  });

  it.each([
    ['limits=current&chart=imr&parameter=unknown', 'limits'],
    ['limits=0d6a2d1c-8a4e-4c43-9d53-0f8f4a3b2c11&chart=imr&parameter=x', 'limits'],
    ['limits=nonsense&chart=imr&parameter=x', 'limits'],
    ['limits=current&chart=imr&parameter=x&target=1&sigma=2', 'target'],
    ['limits=current&chart=ewma&parameter=x&lambda=0.3', 'lambda'],
    ['limits=current&chart=imr&parameter=x&exclude=1', 'exclude'],
    ['limits=current&chart=ewma&parameter=x&policy=first', 'limits'],
  ])('%s is refused at %s', async (query, parameter) => {
    const { status, body } = await stage.app.get<Refusal>(`/v1/spc?${query}`);
    expect([status, body.errors?.[0]?.parameter]).toEqual([400, parameter]);
  });

  it('refuses limits of another chart by id', async () => {
    const { items } = await get<{ items: Limits[] }>('/v1/control-limits?chart=xbar_r');
    const { status, body } = await stage.app.get<Refusal>(`/v1/spc?chart=xbar_s&parameter=x&limits=${items[0]!.id}`);
    expect([status, body.detail]).toEqual([400, 'limits belong to another chart']);
  });
});

describe('a request for limits', () => {
  it.each<[object, string]>([
    [{ parameter: 'x', chart: 'imr' }, '/baseline'],
    [{ ...x, chart: 'imr', given: { centre: 1, sigma: 1 } }, '/baseline'],
    [{ chart: 'imr', baseline: BASELINE }, '/parameter'],
    [{ parameter: 'x', chart: 'p', baseline: BASELINE }, '/parameter'],
    [{ parameter: 'x', chart: 'imr', given: { centre: 1 } }, '/given/sigma'],
    [{ parameter: 'x', chart: 'imr', given: { centre: 1, sigma: 0 } }, '/given/sigma'],
    [{ chart: 'p', given: { centre: 1.5 } }, '/given/centre'],
    [{ chart: 'p', given: { centre: 0.5, sigma: 1 } }, '/given/sigma'],
    [{ ...x, chart: 'imr', lambda: 0.3 }, '/lambda'],
    [{ ...x, chart: 'xbar_r', exclude: [{ index: 6, reason: 'none there' }] }, '/exclude'],
    [{ ...x, chart: 'xbar_r', exclude: [{ index: 1 }] }, '/exclude/0/reason'],
    [{ ...x, chart: 'imr', baseline: { from: BASELINE.to, to: BASELINE.from } }, '/baseline/to'],
    [{ ...x, chart: 'imr', product: 'NONE' }, '/baseline'],
    [{ ...x, chart: 'imr', reason: '' }, '/reason'],
    [{ chart: 'p_prime', product: 'P', baseline: BASELINE }, '/baseline'],
    // No unit has a defect.
    [{ chart: 'u', product: 'P', baseline: BASELINE }, '/baseline'],
    [{ chart: 'c', product: 'P', baseline: BASELINE }, '/baseline'],
    [{ chart: 'p', given: { centre: 0 } }, '/given/centre'],
    [{ chart: 'np', given: { centre: 1 } }, '/given/centre'],
    [{ chart: 'u', given: { centre: 0 } }, '/given/centre'],
    [{ chart: 'p_prime', given: { centre: 0, sigma_z: 1 } }, '/given/centre'],
  ])('%j is refused at %s', async (body, pointer) => {
    const { status, body: refused } = await post<Refusal>(body);
    expect([status, refused.code, refused.errors?.map(({ parameter }) => parameter)]).toEqual([
      400,
      'invalid_body',
      [pointer],
    ]);
  });
});

const PHASED = '/v1/spc?parameter=x&product=P&chart=xbar_r';
const SPLIT = '2026-07-05T00:00:00Z';
describe('phases', () => {
  interface Phased extends Chart {
    phases: { from: number; to: number; location: Panel; dispersion: Panel; sigma: number | null }[];
    warning?: string;
  }

  it('have the limits of a chart of their own samples, and no rule looks across', async () => {
    const whole = await get<Phased>(`${PHASED}&phases=${SPLIT}&rules=nelson`);
    const parts = [
      await get<Chart>(`${PHASED}&to=${SPLIT}&rules=nelson`),
      await get<Chart>(`${PHASED}&from=${SPLIT}&rules=nelson`),
    ];
    expect(whole.phases.map(({ from, to }) => [from, to])).toEqual([
      [0, 4],
      [4, 8],
    ]);
    for (const [i, phase] of whole.phases.entries()) {
      const { location, dispersion, sigma } = parts[i]!;
      expect([phase.location.centre, phase.location.lower, phase.location.upper, phase.sigma]).toEqual([
        location.centre,
        location.lower,
        location.upper,
        sigma,
      ]);
      expect(phase.dispersion.centre).toBe(dispersion!.centre);
    }
    expect(whole.location.centre).toBeNull();
    const moved = (panel: Panel, by: number) => panel.points.map((point) => ({ ...point, index: point.index + by }));
    expect(whole.location.points).toEqual([...moved(parts[0]!.location, 0), ...moved(parts[1]!.location, 4)]);
    expect(indices(whole.location)).toEqual([
      ...indices(parts[0]!.location),
      ...indices(parts[1]!.location).map((index) => index + 4),
    ]);
  });

  it('without samples are left out, and excluded samples belong to theirs', async () => {
    const plain = await get<Phased>(`${PHASED}&phases=2020-01-01T00:00:00Z,${SPLIT},2030-01-01T00:00:00Z&exclude=3`);
    expect(plain.phases.map(({ from, to }) => [from, to])).toEqual([
      [0, 4],
      [4, 8],
    ]);
    const first = await get<Chart>(`${PHASED}&to=${SPLIT}&exclude=3`);
    expect(plain.phases[0]!.location.centre).toBe(first.location.centre);
    expect((await get<Phased>(`${PHASED}&phases=2030-01-01T00:00:00Z`)).location).toEqual(
      (await get<Chart>(PHASED)).location,
    );
  });

  it('with too few samples for limits are not drawn, with a warning', async () => {
    const chart = await get<Phased>(`/v1/spc?parameter=x&product=P&chart=imr&subgroup=lot&phases=2026-07-08T00:00:00Z`);
    expect(chart.location.points).toHaveLength(7);
    expect(chart.phases[1]!.location.centre).toBeNull();
    expect(chart.warning).toContain('1 of 2 phases');
  });

  it.each([
    ['phases=now', 'phases'],
    [`phases=${SPLIT},${SPLIT}`, 'phases'],
    [`phases=${SPLIT}&limits=current`, 'limits'],
    [`phases=${SPLIT}&target=1&sigma=1`, 'target'],
    [`phases=${SPLIT}&exclude=8`, 'exclude'],
  ])('%s is refused at %s', async (query, field) => {
    const { status, body } = await stage.app.get<Refusal>(`${PHASED}&${query}`);
    expect([status, body.errors?.map(({ parameter }) => parameter)]).toEqual([400, expect.arrayContaining([field])]);
  });
});
