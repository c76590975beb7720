/** Statistical yield and bin limits, failing tests, and the capability of every parameter of a product. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { packMeasurements, seedAttempts, type SeedAttempt, sumUpDays } from './seed.ts';

interface Refusal {
  code: string;
  errors?: { parameter: string }[];
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());

const get = async <T>(path: string): Promise<T> => {
  const { status, body } = await stage.app.get<T>(path);
  expect([path, status, body]).toEqual([path, 200, expect.anything()]);
  return body;
};
const refused = async (path: string) => {
  const { status, body } = await stage.app.get<Refusal>(path);
  return [status, body.code, body.errors?.[0]?.parameter];
};

describe('yield limits', () => {
  interface Limits {
    warning?: string;
    yield: { lots: number; mean: number | null; sigma: number | null; syl1: number | null; syl2: number | null };
    bins: { bin: number; lots: number; mean: number; sbl1: number; sbl2: number }[];
    judged: { lot_id: string; units: number; passed: number; verdict: string | null; bins: object[] }[];
  }
  /** A lot of 20 units, of which so many fail in bin 7, and one in bin 9 where asked for. */
  const lot = (name: string, day: number, failing: number, inBin9 = 0, more: Partial<SeedAttempt> = {}) =>
    Array.from({ length: 20 }, (_, i): SeedAttempt => ({
      lot_id: name,
      chip_id: String(i),
      product: 'P',
      result: i < failing ? 'fail' : 'pass',
      hard_bin: i < inBin9 ? 9 : i < failing ? 7 : 1,
      occurred_at: `2026-03-${String(day).padStart(2, '0')}T08:00:00Z`,
      ...more,
    }));

  beforeAll(async () => {
    await seedAttempts(stage.db.database, [
      // Yields 0.9, 0.95, 0.9, 0.95, 0.9, 0.95: mean 0.925, standard deviation 0.0273861.
      ...[2, 1, 2, 1, 2, 1].flatMap((failing, i) => lot(`L${i}`, i + 2, failing)),
      ...lot('OLD', 1, 20),
      ...lot('BAD', 20, 6),
      ...lot('WORSE', 21, 8, 1),
      ...lot('OTHER', 22, 20, 0, { product: 'Q' }),
    ]);
    // A retest saves a unit of L0: final yield 0.95, first-pass yield stays 0.9.
    await seedAttempts(stage.db.database, [
      {
        lot_id: 'L0',
        chip_id: '0',
        product: 'P',
        result: 'pass',
        hard_bin: 1,
        attempt: 2,
        occurred_at: '2026-03-02T09:00:00Z',
      },
    ]);
  });

  it('come from the latest lots, and judge others', async () => {
    const {
      yield: limits,
      bins,
      judged,
    } = await get<Limits>('/v1/yield/limits?product=P&lots=6&policy=first&lot_id=BAD&lot_id=WORSE');
    expect(limits.lots).toBe(6);
    expect(limits.mean).toBeCloseTo(0.925, 12);
    expect(limits.sigma).toBeCloseTo(0.0273861, 7);
    expect(limits.syl1).toBeCloseTo(0.925 - 3 * 0.0273861, 6);
    expect(limits.syl2).toBeCloseTo(0.925 - 4 * 0.0273861, 6);
    expect(bins.map(({ bin, lots }) => [bin, lots])).toEqual([[7, 6]]);
    expect(bins[0]!.sbl1).toBeCloseTo(0.075 + 3 * 0.0273861, 6);
    expect(judged.map(({ lot_id, verdict }) => [lot_id, verdict])).toEqual([
      ['BAD', 'beyond_second'],
      ['WORSE', 'beyond_second'],
    ]);
    // A bin that no lot of the limits had is shown without a verdict.
    expect(judged[1]!.bins).toEqual([
      { bin: 7, count: 7, fraction: 0.35, verdict: 'beyond_second' },
      { bin: 9, count: 1, fraction: 0.05, verdict: null },
    ]);
  });

  it('judge the lots that they come from, by the policy', async () => {
    const first = await get<Limits>('/v1/yield/limits?product=P&lots=6&to=2026-03-10T00:00:00Z&policy=first');
    expect(first.judged.map(({ lot_id, passed, verdict }) => [lot_id, passed, verdict])).toEqual(
      [18, 19, 18, 19, 18, 19].map((passed, i) => [`L${i}`, passed, 'within']),
    );
    const last = await get<Limits>('/v1/yield/limits?product=P&lots=6&to=2026-03-10T00:00:00Z');
    expect(last.judged[0]).toMatchObject({ lot_id: 'L0', passed: 19, units: 20 });
    expect(last.yield.mean).toBeCloseTo(0.925 + 0.05 / 6, 12);
  });

  it('need six lots', async () => {
    const few = await get<Limits>('/v1/yield/limits?product=P&from=2026-03-05T00:00:00Z&to=2026-03-10T00:00:00Z');
    expect(few).toMatchObject({
      yield: { lots: 3, mean: null, syl1: null },
      warning: expect.stringMatching(/too few/),
    });
    expect(few.judged.map(({ verdict }) => verdict)).toEqual([null, null, null]);
    expect(await get<Limits>('/v1/yield/limits?product=NONE')).toMatchObject({
      yield: { lots: 0 },
      bins: [],
      judged: [],
    });
  });

  it('refuse names that more lots bear, at several sites, than are judged', async () => {
    await stage.db.database.query(
      `INSERT INTO lots (id, site, lot_id) SELECT gen_random_uuid(), 'fab' || s, 'N' || n FROM generate_series(1, 6) s, generate_series(1, 100) n`,
    );
    const named = Array.from({ length: 100 }, (_, i) => `lot_id=N${i + 1}`).join('&');
    expect(await refused(`/v1/yield/limits?product=P&${named}`)).toEqual([400, 'invalid_parameter', 'lot_id']);
    expect((await get<Limits>(`/v1/yield/limits?product=P&site=fab1&${named}`)).judged).toEqual([]);
  });

  it('refuse several inspection types, and too few lots', async () => {
    await seedAttempts(stage.db.database, [
      {
        lot_id: 'L0',
        chip_id: '0',
        product: 'P',
        result: 'pass',
        inspection_type: 'thermal',
        occurred_at: '2026-03-02T10:00:00Z',
      },
    ]);
    expect(await refused('/v1/yield/limits?product=P')).toEqual([400, 'ambiguous_type', 'inspection_type']);
    expect((await get<Limits>('/v1/yield/limits?product=P&mix=yes')).judged.length).toBeGreaterThan(6);
    expect((await get<Limits>('/v1/yield/limits?product=P&inspection_type=visual')).judged.length).toBeGreaterThan(6);
    expect(await refused('/v1/yield/limits?product=P&lots=5')).toEqual([400, 'invalid_parameter', 'lots']);
    expect(await refused('/v1/yield/limits')).toEqual([400, 'invalid_parameter', 'product']);
  });
});

describe('the latest lots', () => {
  const lots = (name: string, step: string, ...times: string[]) =>
    times.map((occurred_at, i): SeedAttempt => ({
      lot_id: `${name}${i}`,
      chip_id: 'c',
      product: 'LATEST',
      step,
      result: 'pass',
      occurred_at,
      event_id: randomUUID(),
    }));
  const days = (first: number): string[] =>
    Array.from({ length: 6 }, (_, i) => `2026-05-${String(first + i).padStart(2, '0')}T09:00:00Z`);
  const tested = ['T0', 'T1', 'T2', 'T3', 'T4', 'T5'];
  const waiting = ['W0', 'W1', 'W2', 'W3', 'W4', 'W5'];
  let knownAt: string;

  beforeAll(async () => {
    const { database } = stage.db;
    await seedAttempts(database, lots('T', 'final-test', ...days(1)));
    const [now] = await database.query<{ at: string }>(
      `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`,
    );
    knownAt = now!.at;
    // Six more on one day, which have not reached the final test.
    const later = lots('W', 'visual', ...Array<string>(6).fill('2026-05-10T09:00:00Z'));
    await seedAttempts(database, later);
    await database.query(
      `INSERT INTO inspection_events (event_id, content_hash, inspection_id, step, attempt_key, source_topic, source_partition, source_offset)
       SELECT event_id, '\\x00', inspection_id, step, attempt_key, 't', 0, 0 FROM inspection_attempts WHERE event_id = ANY ($1::uuid[])`,
      [later.map(({ event_id }) => event_id!)],
    );
  });

  const latest = async (query: string): Promise<string[]> => {
    const { judged } = await get<{ judged: { lot_id: string }[] }>(`/v1/yield/limits?product=LATEST&lots=6${query}`);
    return judged.map(({ lot_id }) => lot_id).sort();
  };

  it.each(['attempts', 'days'])('are those with attempts that count, read from %s', async (read) => {
    if (read === 'days') {
      await sumUpDays(stage.db.url);
    }
    expect(await latest('')).toEqual(waiting);
    expect(await latest('&to=2026-05-10T00:00:00Z')).toEqual(tested);
    expect(await latest('&to=2026-05-10T08:00:00Z')).toEqual(tested);
    expect(await latest('&from=2026-05-02T10:00:00Z&to=2026-05-10T09:00:00Z')).toEqual(tested.slice(2));
    expect(await latest('&step=final-test')).toEqual(tested);
    expect(await latest('&recipe=none')).toEqual([]);
    expect(await latest(`&as_at=${knownAt}`)).toEqual(tested);
    const { judged, ...limits } = await get<{ yield: { lots: number }; judged: { lot_id: string }[] }>(
      '/v1/yield/limits?product=LATEST&lots=6&lot_id=W0&lot_id=W5',
    );
    expect([judged.map(({ lot_id }) => lot_id), limits.yield.lots]).toEqual([['W0', 'W5'], 6]);
  });

  it('leave out those whose units count on another day', async () => {
    await seedAttempts(stage.db.database, [
      { ...lots('W', 'visual', '2026-05-20T09:00:00Z')[0]!, attempt: 2, result: 'pass' },
    ]);
    expect(await latest('&to=2026-05-11T00:00:00Z')).toEqual(['T5', ...waiting.slice(1)]);
    expect(await latest('&to=2026-05-11T00:00:00Z&policy=first')).toEqual(waiting);
  });
});

/** Stores measurements of an attempt in their order, as vectors. */
const measure = async (
  attempt: SeedAttempt,
  values: readonly { name: string; value: number | null; unit?: string; lower?: number; upper?: number }[],
): Promise<void> => {
  const { database } = stage.db;
  const event_id = randomUUID();
  const [id] = await seedAttempts(database, [{ ...attempt, event_id }]);
  const column = <T>(of: (value: (typeof values)[number]) => T): T[] => values.map(of);
  await database.query(
    `INSERT INTO measurement_vectors (time, inspection_id, event_id, set_id, values)
     SELECT $1::timestamptz, $2, $3, store_measurement_sets($4::json), $5::float8[]`,
    [
      attempt.occurred_at ?? '2026-03-02T08:00:00Z',
      id!,
      event_id,
      JSON.stringify([
        {
          names: column(({ name }) => name),
          units: column(({ unit }) => unit ?? null),
          lower_limits: column(({ lower }) => lower ?? null),
          upper_limits: column(({ upper }) => upper ?? null),
        },
      ]),
      column(({ value }) => value),
    ],
  );
};

describe('failing tests', () => {
  interface Tests {
    warning?: string;
    groups: { key: string; count: number; failed: number; reached: number; fail_fraction: number; share: number }[];
    other?: object;
    totals: { units: number; failing: number; stopped: number; failed_without_test: number };
  }
  beforeAll(async () => {
    const die = (chip_id: string, result: 'pass' | 'fail'): SeedAttempt => ({
      lot_id: 'T',
      chip_id,
      result,
      inspection_type: 'electrical',
    });
    const test = (name: string, value: number | null) => ({ name, value, lower: 0, upper: 1 });
    // The tester stops at the first failing test.
    await measure(die('1', 'pass'), [test('open', 0.5), test('idd', 0.5), test('vth', 0.5)]);
    await measure(die('2', 'fail'), [test('open', 2)]);
    await measure(die('3', 'fail'), [test('open', 0.5), test('idd', -1)]);
    await measure(die('4', 'fail'), [test('open', 0.5), test('idd', 3)]);
    // This one goes on, and the limits themselves are within.
    await measure(die('5', 'fail'), [test('open', 1), test('idd', 9), test('vth', 9), { name: 'info', value: 99 }]);
    await measure(die('6', 'fail'), [test('open', 0), test('idd', null)]);
    // Rows of an earlier version.
    const [id] = await seedAttempts(stage.db.database, [{ ...die('7', 'fail'), occurred_at: '2026-03-02T09:00:00Z' }]);
    await stage.db.database.query(
      `INSERT INTO measurement_rows (time, inspection_id, event_id, name, value, lower_limit, upper_limit)
       SELECT occurred_at, inspection_id, event_id, n, v, 0, 1 FROM inspection_attempts, (VALUES ('idd', 5), ('open', 0.1)) AS m (n, v) WHERE inspection_id = $1`,
      [id!],
    );
  });

  it('count units by their first failing test, and say that the tester stops', async () => {
    const { groups, totals, warning } = await get<Tests>('/v1/tests/pareto?lot_id=T');
    expect(groups.map(({ key, count, failed, reached }) => [key, count, failed, reached])).toEqual([
      ['idd', 4, 4, 5],
      ['open', 1, 1, 7],
    ]);
    expect(groups[0]!.fail_fraction).toBeCloseTo(0.8, 12);
    expect(totals).toEqual({ units: 7, failing: 5, stopped: 3, failed_without_test: 1 });
    expect(warning).toMatch(/stops on fail/);
  });

  it('count every failing test where asked for', async () => {
    const { groups, other } = await get<Tests>('/v1/tests/pareto?lot_id=T&count=any&top=2');
    expect(groups.map(({ key, count }) => [key, count])).toEqual([
      ['idd', 4],
      ['open', 1],
    ]);
    expect(other).toEqual({ keys: 1, count: 1, share: expect.closeTo(1 / 6, 12) });
    expect(await get<Tests>('/v1/tests/pareto?lot_id=NONE')).toMatchObject({ groups: [], totals: { units: 0 } });
  });

  it('refuse several operations', async () => {
    await measure({ lot_id: 'T', chip_id: '1', result: 'pass', inspection_type: 'thermal' }, [{ name: 'x', value: 1 }]);
    expect(await refused('/v1/tests/pareto?lot_id=T')).toEqual([400, 'ambiguous_type', 'inspection_type']);
    expect((await get<Tests>('/v1/tests/pareto?lot_id=T&mix=yes')).totals.units).toBe(8);
  });
});

describe('capability of every parameter', () => {
  interface Item {
    parameter: string;
    unit: string | null;
    n: number;
    mean: number | null;
    missing: number;
    lsl: number | null;
    usl: number | null;
    limits_from: string | null;
    cpk: number | null;
    ppk: number | null;
    sigma_within: number | null;
    cpk_interval: object | null;
    is_stable: boolean | null;
    beyond_limits: number | null;
    ambiguous?: string[];
  }
  beforeAll(async () => {
    // Two lots of 15 units each; `drift` jumps between the lots, `mixed` has two units.
    for (let i = 0; i < 30; i++) {
      const lot = i < 15 ? 'C1' : 'C2';
      const noise = ((i * 37) % 11) - 5;
      await measure(
        {
          lot_id: lot,
          chip_id: `c${i}`,
          product: 'CAP',
          result: 'pass',
          inspection_type: 'metrology',
          occurred_at: `2026-04-01T08:${String(i).padStart(2, '0')}:00Z`,
        },
        [
          { name: 'cd', value: (100 + noise) / 1000, unit: 'um' },
          { name: 'drift', value: noise + (lot === 'C1' ? 0 : 500), unit: 'V', lower: -100, upper: 700 },
          { name: 'mixed', value: noise, unit: i === 3 ? 'V' : 'mV' },
          { name: 'free', value: i === 0 ? null : noise },
        ],
      );
    }
    await packMeasurements(stage.db.database);
    const { status } = await stage.app.get('/v1/parameters', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        name: 'cd',
        product: 'CAP',
        unit: 'nm',
        lsl: 90,
        usl: 110,
        target: 100,
        valid_from: '2026-01-01T00:00:00Z',
        reason: 'r',
      }),
    });
    expect(status).toBe(200);
  });

  it('is that of each parameter alone', async () => {
    const { parameters } = await get<{ parameters: Item[] }>('/v1/capabilities?product=CAP');
    expect(
      parameters.map(({ parameter, n, missing, limits_from, ambiguous }) => [
        parameter,
        n,
        missing,
        limits_from,
        ambiguous,
      ]),
    ).toEqual([
      ['cd', 30, 0, 'catalogue', undefined],
      ['drift', 30, 0, 'tested', undefined],
      ['free', 29, 1, null, undefined],
      ['mixed', 30, 0, null, ['unit']],
    ]);
    for (const item of parameters.filter(({ parameter }) => parameter !== 'mixed')) {
      const limits = `${item.lsl === null ? '' : `&lsl=${item.lsl}`}${item.usl === null ? '' : `&usl=${item.usl}`}`;
      const alone = await get<Item>(`/v1/capability?parameter=${item.parameter}&product=CAP${limits}`);
      for (const figure of ['n', 'mean', 'sigma_within', 'cpk', 'ppk'] as const) {
        const value = alone[figure];
        expect([item.parameter, figure, item[figure]]).toEqual([
          item.parameter,
          figure,
          value === null ? null : expect.closeTo(value, 9),
        ]);
      }
      expect(alone.cpk_interval === null).toBe(item.cpk === null);
    }
    const [cd, drift, , mixed] = parameters as [Item, Item, Item, Item];
    expect([cd.unit, cd.lsl, cd.is_stable]).toEqual(['nm', 90, true]);
    // Moving ranges break at the lot, so the jump is between the lots, and nearly everything lies beyond.
    expect([drift.is_stable, drift.beyond_limits]).toEqual([false, 1]);
    expect([mixed.cpk, mixed.is_stable, mixed.mean]).toEqual([null, null, null]);
  });

  it('of values that must not be mixed has the limits with their own unit', async () => {
    for (const [i, step] of ['s1', 's2'].entries()) {
      const attempt = { lot_id: 'STEPS', chip_id: `c${i}`, product: 'STEPS', result: 'pass' as const, step };
      await measure(attempt, [
        { name: 'cd', value: 0.1, unit: 'um' },
        { name: 'rs', value: 3, unit: 'V' },
        { name: 'vt', value: 3, unit: 'V', lower: 1, upper: 4 },
        { name: 'vb', value: 3, unit: 'V', lower: 1, upper: 4 },
      ]);
    }
    await packMeasurements(stage.db.database);
    const entries = [
      { name: 'cd', unit: 'nm', lsl: 90, usl: 110 },
      { name: 'rs', unit: 'Ohm', lsl: 2, usl: 4 },
      { name: 'vt', unit: 'mV', target: 3 },
      { name: 'vb', unit: 'Ohm', target: 3 },
    ];
    for (const entry of entries) {
      const { status } = await stage.app.get('/v1/parameters', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...entry, product: 'STEPS', valid_from: '2026-01-01T00:00:00Z', reason: 'r' }),
      });
      expect([entry.name, status]).toEqual([entry.name, 200]);
    }
    const { parameters } = await get<{ parameters: Item[] }>('/v1/capabilities?product=STEPS');
    expect(parameters.map(({ parameter, unit, lsl, usl, cpk }) => [parameter, unit, lsl, usl, cpk])).toEqual([
      ['cd', 'nm', 90, 110, null],
      ['rs', 'Ohm', 2, 4, null],
      ['vb', 'V', 1, 4, null],
      ['vt', 'mV', 1000, 4000, null],
    ]);
  });

  it('of an unknown product is empty; without a product refused', async () => {
    expect(await get('/v1/capabilities?product=NONE')).toMatchObject({ parameters: [] });
    expect(await refused('/v1/capabilities')).toEqual([400, 'invalid_parameter', 'product']);
  });
});
