/** Back-tests of control rules on stored history, over HTTP. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { packMeasurements, seedAttempts } from './seed.ts';

interface Shift {
  shift: number;
  starts: number;
  found: number;
  mean_samples: number | null;
}
interface Finding {
  panel: string;
  rule: string;
  alarms: number;
  alarms_per_week: number;
  most_in_a_week: number;
  shifts: Shift[];
}
interface Backtest {
  samples: number;
  centre: number | null;
  sigma: number | null;
  warning?: string;
  definition: string;
  definition_id: string;
  weeks: { week: string; samples: number; alarms: number }[];
  rules: Finding[];
  together: Omit<Finding, 'panel' | 'rule'>;
}
interface Refusal {
  code: string;
  errors?: { parameter: string }[];
}

/** By hand at full size: BACKTEST_LOTS=50000 prints the time of a year, too. */
const LOTS = Number(process.env['BACKTEST_LOTS'] ?? 1500);
const YEAR = { from: '2025-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' };
const YEAR_OF_WAFERS = { from: '2023-01-01T00:00:00Z', to: '2024-01-01T00:00:00Z' };
const YEAR_BEFORE = { from: '2024-01-01T00:00:00Z', to: YEAR.from };

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ QUERY_TIMEOUT_MS: 60_000 });
  const { database } = stage.db;
  // One value a lot, spread over a year: sums of 12 numbers that run through the unit interval, which are nearly normal.
  await database.query(
    `INSERT INTO lots (id, site, lot_id) SELECT md5('lot' || n)::uuid, '', 'LOT' || n FROM generate_series(1, $1::int) AS n`,
    [LOTS],
  );
  await database.query(
    `INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, result, created_at, occurred_at, completed_at, site, step, attempt_key)
     SELECT md5('i' || n)::uuid, md5('lot' || n)::uuid, 'c', 'metrology', 'completed', CASE WHEN ('x' || substr(md5('f' || n), 1, 2))::bit(8)::int < 13 THEN 'fail' ELSE 'pass' END, at, at, at, '', '', 'a:1'
       FROM (SELECT n, '2025-01-01'::timestamptz + (n - 0.5) * INTERVAL '365 days' / $1 AS at FROM generate_series(1, $1::int) AS n) AS times`,
    [LOTS],
  );
  await database.query(
    `INSERT INTO inspection_attempts (inspection_id, attempt_key, lot_id, inspection_type, status, result, step, occurred_at, first_occurred_at, event_id, event_ids, completed_at)
     SELECT id, 'a:1', lot_id, inspection_type, status, result, '', occurred_at, occurred_at, id, ARRAY[id], completed_at FROM inspections`,
  );
  await database.query(
    `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit)
     SELECT i.completed_at, i.id, i.id, 'y', 100 + 2 * v.z, 'nm'
       FROM (SELECT n, (SELECT sum(('x' || substr(md5(n || '/' || k), 1, 8))::bit(32)::bigint / 4294967296.0) - 6 FROM generate_series(1, 12) AS k) AS z
               FROM generate_series(1, $1::int) AS n) AS v JOIN inspections i ON i.id = md5('i' || v.n)::uuid`,
    [LOTS],
  );
  // The year before: every other of 12 lots fails nearly whole.
  await seedAttempts(
    database,
    Array.from({ length: 120 }, (_, i) => ({
      lot_id: `BEFORE${Math.floor(i / 10)}`,
      chip_id: `${i % 10}`,
      result: i % 20 < 9 ? ('fail' as const) : ('pass' as const),
      occurred_at: `2024-${String(Math.floor(i / 10) + 1).padStart(2, '0')}-02T08:00:0${i % 10}Z`,
    })),
  );
  // Two years before: lots of three values, after one of eleven. Two of them are beyond the limits of ranges, and within those of
  // standard deviations.
  const spreadOf = (lot: number): number[] =>
    lot === 0
      ? Array.from({ length: 11 }, (_, i) => (i % 3) - 1)
      : lot === 40 || lot === 45
        ? [-2.6, 0, 2.6]
        : [-1, 0, 1];
  await seedAttempts(
    database,
    Array.from({ length: 61 }, (_, lot) =>
      spreadOf(lot).map((value, i) => ({
        lot_id: `WAFERS${lot}`,
        chip_id: `${i}`,
        result: 'pass' as const,
        metadata: { value: value + (lot % 3) / 10 },
        occurred_at: new Date(Date.UTC(2023, 0, lot + 1, 0, 0, i)).toISOString(),
      })),
    ).flat(),
  );
  await database.query(
    `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit)
     SELECT occurred_at, inspection_id, event_id, 'spread', (metadata->>'value')::float8, 'nm' FROM inspection_attempts WHERE metadata ? 'value'`,
  );
  // As the upkeep and autovacuum do; without them a year is read by plans for empty tables.
  await packMeasurements(database);
  await database.query('ANALYZE');
});
afterAll(() => stage.end());

const post = <T = Backtest>(body: object, path = '/v1/spc/backtest') =>
  stage.app.get<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const run = async (body: object): Promise<Backtest> => {
  const { status, body: answer } = await post({ parameter: 'y', chart: 'imr', ...YEAR, ...body });
  expect([status, answer]).toEqual([200, expect.anything()]);
  return answer;
};
const ruleOf = ({ rules }: Backtest, rule: string, panel = 'location'): Finding =>
  rules.find((found) => found.rule === rule && found.panel === panel)!;

describe('a back-test of a year', () => {
  it('counts what each rule would have raised a week, and how soon it finds shifts', async () => {
    const startedAt = performance.now();
    const answer = await run({});
    if (process.env['BACKTEST_LOTS'] !== undefined) {
      process.stdout.write(`back-test of ${answer.samples} samples: ${Math.round(performance.now() - startedAt)} ms\n`);
    }
    expect([answer.samples, answer.warning, answer.definition_id]).toEqual([LOTS, undefined, 'backtest.spc.imr/2']);
    expect(answer.definition).toMatch(/Nothing is random/);
    expect([answer.centre, answer.sigma]).toEqual([expect.closeTo(100, 0), expect.closeTo(2, 0)]);
    expect(answer.weeks).toHaveLength(53);
    expect(answer.weeks.reduce((sum, week) => sum + week.samples, 0)).toBe(LOTS);
    expect(answer.weeks.reduce((sum, week) => sum + week.alarms, 0)).toBe(answer.together.alarms);
    expect(answer.rules.filter(({ panel }) => panel === 'location')).toHaveLength(13);
    for (const finding of [...answer.rules, answer.together]) {
      expect(finding.alarms_per_week).toBeCloseTo((finding.alarms * 7) / 365, 9);
      expect(finding.most_in_a_week).toBeLessThanOrEqual(finding.alarms);
      expect(finding.shifts.map(({ shift, starts }) => [shift, starts])).toEqual(
        [0.5, 1, 1.5].map((shift) => [shift, 40]),
      );
    }
    const [, one, more] = ruleOf(answer, 'beyond_limits').shifts;
    expect(one!.mean_samples!).toBeGreaterThan(more!.mean_samples!);
    // Average run lengths 44 and 15 (Montgomery 5.3.3).
    expect(one!.mean_samples!).toBeLessThan(90);
    expect(more!.mean_samples!).toBeLessThan(35);
    expect(answer.together.shifts[1]!.mean_samples!).toBeLessThanOrEqual(
      ruleOf(answer, 'nelson_2').shifts[1]!.mean_samples!,
    );
  });

  it('answers the same again', async () => {
    expect(await run({ rules: 'nelson' })).toEqual(await run({ rules: 'nelson' }));
  });

  it('agrees with the chart of the same history', async () => {
    const answer = await run({ rules: ['beyond_limits', 'nelson_2'] });
    const { body } = await stage.app.get<{ location: { violations: { rule: string }[] } }>(
      `/v1/spc?parameter=y&chart=imr&from=${YEAR.from}&to=${YEAR.to}&rules=beyond_limits,nelson_2`,
    );
    for (const rule of ['beyond_limits', 'nelson_2']) {
      const drawn = body.location.violations.filter((violation) => violation.rule === rule);
      expect([rule, ruleOf(answer, rule).alarms]).toEqual([rule, drawn.length]);
    }
  });

  it('of EWMA and CUSUM finds small shifts sooner', async () => {
    const shewhart = ruleOf(await run({ rules: ['beyond_limits'] }), 'beyond_limits').shifts[1]!;
    for (const chart of ['ewma', 'cusum']) {
      const { rules } = await run({ chart });
      expect(rules.map(({ panel, rule }) => [panel, rule])).toEqual([['location', 'beyond_limits']]);
      expect(rules[0]!.shifts[1]!.mean_samples!).toBeLessThan(shewhart.mean_samples!);
    }
  });

  it('takes limits from a baseline, or frozen ones', async () => {
    const baseline = { from: '2025-01-01T00:00:00Z', to: '2025-04-01T00:00:00Z' };
    const ofBaseline = await run({ baseline, rules: ['beyond_limits'] });
    expect(ofBaseline.definition).toContain('Limits from the baseline only.');
    expect(ofBaseline.centre).not.toBe((await run({})).centre);
    const made = { parameter: 'y', chart: 'imr', baseline, reason: 'phase I' };
    const { status, body: limits } = await post<{ id: string }>(made, '/v1/control-limits');
    expect(status).toBe(201);
    const frozen = await run({ limits: limits.id, rules: ['beyond_limits'] });
    expect([frozen.centre, frozen.sigma, frozen.together]).toEqual([
      ofBaseline.centre,
      ofBaseline.sigma,
      ofBaseline.together,
    ]);
    expect(frozen.definition).toContain(limits.id);
  });

  it('of samples shifts their means', async () => {
    const answer = await run({ chart: 'xbar_s', subgroup: 5, rules: ['beyond_limits'] });
    expect(answer.samples).toBe(Math.floor(LOTS / 5));
    // A shift of one sigma of single values is 2.2 sigma of means of five: average run length 4.5.
    expect(ruleOf(answer, 'beyond_limits').shifts[1]!.mean_samples!).toBeLessThan(9);
    expect(answer.rules.some(({ panel }) => panel === 'dispersion')).toBe(true);
  });

  it('of counts shifts each sample by its own standard deviation', async () => {
    const answer = await run({
      chart: 'p',
      parameter: undefined,
      subgroup: 25,
      rules: ['beyond_limits', 'nelson_2'],
      shifts: [1, 3],
    });
    expect([answer.samples, answer.sigma, answer.definition_id]).toEqual([
      Math.floor(LOTS / 25),
      null,
      'backtest.spc.p/2',
    ]);
    const { body } = await stage.app.get<{ location: { centre: number; violations: { rule: string }[] } }>(
      `/v1/spc?chart=p&subgroup=25&from=${YEAR.from}&to=${YEAR.to}&rules=beyond_limits,nelson_2`,
    );
    expect(answer.centre).toBeCloseTo(body.location.centre, 12);
    for (const rule of ['beyond_limits', 'nelson_2']) {
      const drawn = body.location.violations.filter((violation) => violation.rule === rule);
      expect([rule, ruleOf(answer, rule).alarms]).toEqual([rule, drawn.length]);
    }
    // A shift of three sigma puts every other sample beyond the limit: average run length 2.
    const [one, three] = ruleOf(answer, 'beyond_limits').shifts;
    expect(three!.found).toBeGreaterThan(0.9 * three!.starts);
    expect(three!.mean_samples!).toBeLessThan(4);
    expect(one!.found).toBeLessThanOrEqual(three!.found);
    const skewed = await run({ chart: 'p', parameter: undefined, subgroup: 25, rules: 'nelson' });
    expect(skewed.warning).toMatch(/skewed/);
  });

  it.each([false, true])(
    'of counts warns where samples differ more than by chance, frozen limits: %s',
    async (isFrozen) => {
      const chart = { chart: 'p', parameter: undefined, rules: ['beyond_limits'], ...YEAR_BEFORE };
      const { body } = await stage.app.get<Backtest>(`/v1/spc?chart=p&from=${chart.from}&to=${chart.to}`);
      expect(body.warning).toMatch(/\(sigma_z\).*Use p_prime/);
      const frozen = { chart: 'p', baseline: YEAR_BEFORE, reason: 'phase I' };
      const limits = isFrozen ? (await post<{ id: string }>(frozen, '/v1/control-limits')).body.id : undefined;
      expect((await run({ ...chart, limits })).warning).toContain(body.warning);
      expect((await run({ ...chart, chart: 'p_prime' })).warning).not.toMatch(/sigma_z/);
    },
  );

  it('of samples of many sizes judges their spread by one measure in every part of the history', async () => {
    const answer = await run({
      chart: 'between_within',
      parameter: 'spread',
      ...YEAR_OF_WAFERS,
      rules: ['beyond_limits'],
    });
    expect(answer.samples).toBe(61);
    const within = ruleOf(answer, 'beyond_limits', 'within');
    // Shifted means have the spread that they had.
    expect([within.alarms, within.shifts.map(({ found }) => found)]).toEqual([0, [0, 0, 0]]);
    const { from, to } = YEAR_OF_WAFERS;
    const { body } = await stage.app.get<{ within: { points: { value: number }[] } }>(
      `/v1/spc?chart=between_within&parameter=spread&from=${from}&to=${to}&phases=2023-02-01T00:00:00Z`,
    );
    expect([body.within.points[1]!.value, body.within.points[60]!.value]).toEqual([
      expect.closeTo(1, 9),
      expect.closeTo(1, 9),
    ]);
  });

  it('is drawn with fewer points, without losing a violation', async () => {
    interface Chart {
      location: { points: { index: number; value: number }[]; violations: { index: number }[]; upper: number };
      samples: { index?: number; key: string }[];
      samples_total?: number;
    }
    const url = `/v1/spc?parameter=y&chart=imr&from=${YEAR.from}&to=${YEAR.to}`;
    const { body: whole } = await stage.app.get<Chart>(url);
    const { body: thin } = await stage.app.get<Chart>(`${url}&max_points=100`);
    expect(thin.location.points.length).toBeLessThanOrEqual(100);
    expect([thin.location.upper, thin.location.violations]).toEqual([whole.location.upper, whole.location.violations]);
    const shown = new Map(thin.samples.map((sample) => [sample.index, sample]));
    for (const { index, value } of thin.location.points) {
      expect(value).toBe(whole.location.points.find((point) => point.index === index)!.value);
      expect(shown.get(index)!.key).toBe(whole.samples[index]!.key);
    }
    for (const { index } of whole.location.violations) {
      expect(thin.location.points.some((point) => point.index === index)).toBe(true);
    }
    expect([thin.samples_total, whole.samples_total]).toEqual([LOTS, undefined]);
    expect((await stage.app.get(`${url}&max_points=9`)).status).toBe(400);
  });

  it('without data, or without limits, says so', async () => {
    const none = await run({ parameter: 'unknown' });
    expect(none).toMatchObject({ samples: 0, centre: null, rules: [], weeks: [] });
    expect(none.warning).toMatch(/no limits/);
    const few = await run({ to: '2025-01-20T00:00:00Z', rules: ['beyond_limits'] });
    expect(few.warning).toMatch(/says little/);
  });

  it.each<[object, string]>([
    [{ chart: 'p' }, '/parameter'],
    [{ parameter: undefined }, '/parameter'],
    [{ from: YEAR.to, to: YEAR.from }, '/to'],
    [{ from: undefined }, '/from'],
    [{ limits: 'current', parameter: 'other' }, '/limits'],
    [{ limits: 'current', baseline: YEAR }, '/baseline'],
    [{ shifts: [] }, '/shifts'],
    [{ shifts: [0] }, '/shifts/0'],
    [{ rules: ['nelson_9'] }, '/rules'],
    [{ chart: 'ewma', rules: 'nelson' }, '/rules'],
    [{ lambda: 0.2 }, '/lambda'],
  ])('%j is refused at %s', async (body, pointer) => {
    const { status, body: refused } = await post<Refusal>({ parameter: 'y', chart: 'imr', ...YEAR, ...body });
    expect([status, refused.code, refused.errors?.[0]?.parameter]).toEqual([400, 'invalid_body', pointer]);
  });
});
