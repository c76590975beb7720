import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

interface Panel {
  centre: number | null;
  lower: number | null;
  upper: number | null;
  points: { index: number; value: number; lower: number; upper: number; high?: number; low?: number }[];
  violations: { rule: string; index: number }[];
}
interface Chart {
  chart: string;
  sigma: number | null;
  location: Panel;
  dispersion?: Panel;
  definition: string;
  samples: { key: string | null; lot_id: string | null; size: number }[];
}
interface ProblemBody {
  code: string;
  errors: { parameter: string; message: string }[];
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());

const post = <T>(path: string, body: unknown) =>
  stage.app.get<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const chartOf = async (body: object): Promise<Chart> => {
  const answer = await post<Chart>('/v1/spc/evaluate', body);
  expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
  return answer.body;
};
const limits = ({ lower, centre, upper }: Panel) => [lower, centre, upper];
const close = (actual: (number | null)[], expected: number[], digits: number): void =>
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, digits));

describe('charts of given numbers', () => {
  // NIST/SEMATECH e-Handbook 6.3.2.2.
  const nist = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1];

  it('imr', async () => {
    const chart = await chartOf({ chart: 'imr', values: nist });
    close(limits(chart.location), [45.8175, 50.81, 55.8025], 3);
    close(limits(chart.dispersion!), [0, 1.8778, 6.1338], 3);
    expect(chart.definition).toContain('beyond_limits');
    expect(Object.keys(chart.location.points[0]!)).toEqual(['index', 'value', 'lower', 'upper']);
  });

  it('imr with target, sigma, and rules one by one or as a set', async () => {
    const values = Array<number>(9).fill(50.5);
    const rules = async (names: unknown) =>
      (await chartOf({ chart: 'imr', values, target: 50, sigma: 2, rules: names })).location.violations;
    expect(await rules(['nelson_2'])).toEqual([{ rule: 'nelson_2', index: 8 }]);
    expect(await rules('nelson')).toEqual([{ rule: 'nelson_2', index: 8 }]);
    expect(await rules('western_electric')).toEqual([
      { rule: 'western_electric_4', index: 7 },
      { rule: 'western_electric_4', index: 8 },
    ]);
    expect(await rules([])).toEqual([]);
  });

  it('xbar_r with a baseline', async () => {
    const chart = await chartOf({
      chart: 'xbar_r',
      subgroups: [
        [1, 2, 3],
        [2, 3, 4],
        [1, 3, 50],
      ],
      baseline: { from: 0, to: 2 },
    });
    close([chart.sigma, chart.location.centre, chart.dispersion!.centre], [2 / 1.692569, 2.5, 2], 6);
    expect(chart.location.violations).toEqual([{ rule: 'beyond_limits', index: 2 }]);
    expect(chart.dispersion!.violations).toEqual([{ rule: 'beyond_limits', index: 2 }]);
  });

  it.each([
    ['p', [0.1 / 1.5 - 3 * Math.sqrt((0.0666667 * 0.9333333) / 50), 10 / 150]],
    ['np', [0, 10 / 3]],
    ['c', [0, 10 / 3]],
    ['u', [0, 10 / 150]],
  ])('%s', async (chart, [, centre]) => {
    const counts = [3, 5, 2].map((count) => ({ count, size: 50 }));
    const { location } = await chartOf({ chart, counts });
    expect(location.centre).toBeCloseTo(centre!, 9);
    expect(location.lower).toBe(0);
  });

  it('ewma has limits by point, cusum its two sums', async () => {
    const ewma = await chartOf({ chart: 'ewma', values: nist, lambda: 0.3, l: 3, target: 50, sigma: 2 });
    expect([ewma.location.lower, ewma.location.upper, ewma.dispersion]).toEqual([null, null, undefined]);
    expect(ewma.location.points[0]!.upper).toBeCloseTo(51.8, 9);
    const cusum = await chartOf({ chart: 'cusum', values: nist, k: 0.5, h: 5, target: 50, sigma: 2 });
    expect(cusum.location.points[0]).toMatchObject({ value: 49.6, high: 0, low: 0, upper: 10 });
    expect(cusum.location.points[1]!.low).toBeCloseTo(1.4, 9);
  });

  it('ewma estimates what is not given of target and sigma', async () => {
    const ofTarget = await chartOf({ chart: 'ewma', values: nist, target: 50 });
    close([ofTarget.location.centre, ofTarget.sigma], [50, 1.8778 / 1.128379], 3);
    const ofSigma = await chartOf({ chart: 'ewma', values: nist, sigma: 2 });
    close([ofSigma.location.centre, ofSigma.sigma], [50.81, 2], 9);
  });

  it.each<[object, string]>([
    [{ values: nist }, '/chart'],
    [{ chart: 'pie', values: nist }, '/chart'],
    [{ chart: 'imr' }, '/values'],
    [{ chart: 'imr', values: [1] }, '/values'],
    [{ chart: 'imr', values: [1, '2'] }, '/values/1'],
    [{ chart: 'imr', values: [1, 1e101] }, '/values/1'],
    [{ chart: 'imr', values: nist, counts: [] }, '/counts'],
    [{ chart: 'imr', values: nist, target: 5 }, '/sigma'],
    [{ chart: 'imr', values: nist, target: 5, sigma: 0 }, '/sigma'],
    [{ chart: 'imr', values: nist, lambda: 0.2 }, '/lambda'],
    [{ chart: 'imr', values: nist, rules: ['nelson_9'] }, '/rules'],
    [{ chart: 'imr', values: nist, baseline: { from: 5, to: 5 } }, '/baseline'],
    [{ chart: 'imr', values: nist, baseline: { from: 0, to: 11 } }, '/baseline'],
    [{ chart: 'imr', values: nist, colour: 'red' }, '/colour'],
    [{ chart: 'ewma', values: nist, rules: 'nelson' }, '/rules'],
    [{ chart: 'ewma', values: nist, lambda: 0 }, '/lambda'],
    [{ chart: 'xbar_r', subgroups: [[1], [2]] }, '/subgroups'],
    [
      {
        chart: 'c',
        counts: [
          { count: 1, size: 1 },
          { count: 1, size: 2 },
        ],
      },
      '/counts',
    ],
    [{ chart: 'p', counts: [{ count: 2, size: 1 }] }, '/counts'],
    [{ chart: 'p', counts: [{ count: 1, size: 0 }] }, '/counts/0/size'],
    [{ chart: 'p', counts: [{ count: 1 }] }, '/counts/0/size'],
  ])('%j is refused at %s', async (body, pointer) => {
    const answer = await post<ProblemBody>('/v1/spc/evaluate', body);
    expect([answer.status, answer.type, answer.body.code]).toEqual([400, 'application/problem+json', 'invalid_body']);
    expect(answer.body.errors.map((error) => error.parameter)).toEqual([pointer]);
  });
});

describe('bodies', () => {
  const send = async (body: string, type: string): Promise<[number, string, string]> => {
    const {
      status,
      type: answered,
      body: problem,
    } = await stage.app.get<ProblemBody>('/v1/spc/evaluate', {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    return [status, answered, problem.code];
  };
  const problem = 'application/problem+json';

  const values = (count: number): string => `{"chart":"imr","values":[${'1,'.repeat(count)}1]}`;

  it.each<[string | (() => string), string, number, string]>([
    ['{', 'application/json', 400, 'malformed_request'],
    ['', 'application/json', 400, 'malformed_request'],
    ['[]', 'application/json', 400, 'invalid_body'],
    ['null', 'application/json', 400, 'invalid_body'],
    ['{"chart":"imr","__proto__":{"x":1}}', 'application/json', 400, 'malformed_request'],
    ['chart=imr', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['chart=imr', 'text/csv', 415, 'unsupported_media_type'],
    ['<chart/>', 'application/xml', 415, 'unsupported_media_type'],
    // Made when they are sent: a title has its values in full.
    [() => values(2_200_000), 'application/json', 413, 'body_too_large'],
    [() => values(60_000), 'application/json', 400, 'invalid_body'],
  ])('%s as %s is %i %s', async (body, type, status, code) => {
    expect(await send(typeof body === 'string' ? body : body(), type)).toEqual([status, problem, code]);
  });
});

describe('capability and gauge study of given numbers', () => {
  it('capability', async () => {
    const { status, body } = await post<Record<string, number | null>>('/v1/capability/evaluate', {
      values: [1, 2, 3, 4],
      usl: 10,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ n: 4, mean: 2.5, cp: null, cpl: null });
    expect(body['cpk']).toBeCloseTo(7.5 / (3 / 1.128379), 9);
  });

  it.each<[object, string]>([
    [{ lsl: 1 }, '/values'],
    [{ values: [1], subgroups: [[1]] }, '/values'],
    [{ values: [1, 2], lsl: 3, usl: 3 }, '/usl'],
  ])('capability of %j is refused at %s', async (body, pointer) => {
    const { status, body: refused } = await post<ProblemBody>('/v1/capability/evaluate', body);
    expect([status, refused.errors.map((error) => error.parameter)]).toEqual([400, [pointer]]);
  });

  const measurements = ['a', 'b'].flatMap((appraiser) =>
    ['1', '2', '3'].flatMap((part) =>
      [1, 2].map((trial) => ({
        part,
        appraiser,
        trial,
        value: Number(part) + trial / 10 + (appraiser === 'a' ? 0 : 0.05),
      })),
    ),
  );
  it.each(['average_range', 'anova'])('gauge study by %s', async (method) => {
    const { status, body } = await post<{ grr: number; ev: number; av: number; ndc: number; anova?: unknown }>(
      '/v1/gauge-rr/evaluate',
      { method, measurements },
    );
    expect(status).toBe(200);
    expect(body.grr).toBeCloseTo(Math.hypot(body.ev, body.av), 12);
    expect(Number.isInteger(body.ndc)).toBe(true);
    expect(body.anova !== undefined).toBe(method === 'anova');
  });

  it('an incomplete gauge study is refused', async () => {
    const { status, body } = await post<ProblemBody>('/v1/gauge-rr/evaluate', {
      method: 'anova',
      measurements: measurements.slice(1),
    });
    expect([status, body.code, body.errors[0]?.parameter]).toEqual([400, 'invalid_body', '/measurements']);
  });
});

describe('charts of stored data', () => {
  beforeAll(async () => {
    const { database } = stage.db;
    // Three lots of four chips: width 10, 11, 12, 13 in each, plus the number of the lot. The last chip of S2 has no value.
    const lots = ['S1', 'S2', 'S3'];
    await seedAttempts(
      database,
      lots.flatMap((lot_id, day) =>
        [0, 1, 2, 3].map((n) => ({
          lot_id,
          chip_id: `c${n}`,
          product: 'P',
          wafer_id: n < 2 ? 'W1' : 'W2',
          result: n === 0 || (lot_id === 'S3' && n === 1) ? ('fail' as const) : ('pass' as const),
          occurred_at: `2026-03-0${day + 2}T08:0${n}:00Z`,
        })),
      ),
    );
    await database.query(
      `INSERT INTO measurements (time, inspection_id, event_id, name, value)
       SELECT a.occurred_at, a.inspection_id, a.event_id, 'width',
              CASE WHEN NOT (l.lot_id = 'S2' AND i.chip_id = 'c3') THEN 10 + substr(i.chip_id, 2)::int + substr(l.lot_id, 2)::int END
         FROM inspection_attempts a JOIN inspections i ON i.id = a.inspection_id JOIN lots l ON l.id = a.lot_id`,
    );
    await database.query(
      `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um)
       SELECT inspection_id, event_id, n, occurred_at, 'x', 0, 0 FROM inspection_attempts, generate_series(1, 2) n WHERE result = 'fail'`,
    );
    // A voided attempt and another parameter: neither belongs in the chart.
    await seedAttempts(database, [
      { lot_id: 'S1', chip_id: 'v', status: 'voided', event_id: '22222222-2222-4222-8222-222222222222' },
    ]);
    await database.query(
      `INSERT INTO measurements (time, inspection_id, event_id, name, value)
       SELECT occurred_at, inspection_id, event_id, CASE WHEN status = 'voided' THEN 'width' ELSE 'height' END, 1e6 FROM inspection_attempts`,
    );
  });
  const spc = async (query: string): Promise<Chart> => {
    const answer = await stage.app.get<Chart>(`/v1/spc?${query}`);
    expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
    return answer.body;
  };
  const values = ({ points }: Panel) => points.map((point) => point.value);

  it('individuals in the order of completion; a missing value is a gap', async () => {
    const { location, dispersion, samples } = await spc('parameter=width&chart=imr');
    expect(values(location)).toEqual([11, 12, 13, 14, 12, 13, 14, 13, 14, 15, 16]);
    expect(location.points.map((p) => p.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11]);
    // No moving range spans the missing value or a new lot.
    expect(dispersion!.points.map((p) => p.index)).toEqual([1, 2, 3, 5, 6, 9, 10, 11]);
    const across = await spc('parameter=width&chart=imr&break_at=none');
    expect(across.dispersion!.points.map((p) => p.index)).toEqual([1, 2, 3, 4, 5, 6, 9, 10, 11]);
    const wafers = await spc('parameter=width&chart=imr&break_at=wafer');
    expect(wafers.dispersion!.points.map((p) => p.index)).toEqual([1, 3, 5, 9, 11]);
    expect(across.location.centre).toBe(location.centre);
    expect(samples[7]).toMatchObject({ key: 'c3', lot_id: 'S2', size: 0 });
  });

  it.each<[string, number[], (string | null)[]]>([
    ['chart=xbar_r', [12.5, 13, 14.5], ['S1', 'S2', 'S3']],
    ['chart=xbar_s&subgroup=day', [12.5, 13, 14.5], ['2026-03-02', '2026-03-03', '2026-03-04']],
    ['chart=xbar_r&subgroup=wafer', [11.5, 13.5, 12.5, 14, 13.5, 15.5], ['W1', 'W2', 'W1', 'W2', 'W1', 'W2']],
    ['chart=xbar_r&subgroup=5', [12.4, 13.5], [null, null]],
    ['chart=imr&subgroup=lot', [12.5, 13, 14.5], ['S1', 'S2', 'S3']],
    ['chart=xbar_r&lot_id=S2', [13], ['S2']],
    ['chart=xbar_r&from=2026-03-03T00:00:00Z&to=2026-03-04T00:00:00Z', [13], ['S2']],
  ])('%s', async (query, expected, keys) => {
    const { location, samples } = await spc(`parameter=width&${query}`);
    expect(values(location)).toEqual(expected);
    expect(samples.map((sample) => sample.key)).toEqual(keys);
  });

  it('takes limits from a baseline in time, and checks all samples', async () => {
    const { location } = await spc('parameter=width&chart=imr&baseline_to=2026-03-03T00:00:00Z');
    expect(location.centre).toBe(12.5);
    expect(location.upper).toBeCloseTo(12.5 + 3 / 1.128379, 6);
    expect(location.violations.map(({ index }) => index)).toEqual([11]);
    expect((await spc('parameter=width&chart=imr&baseline_from=2027-01-01T00:00:00Z')).location.centre).toBeNull();
  });

  it('passes on rules, target and numbers', async () => {
    const { location } = await spc(
      'parameter=width&chart=imr&rules=western_electric_4,beyond_limits&target=10&sigma=1.5',
    );
    expect(limits(location)).toEqual([5.5, 10, 14.5]);
    expect(location.violations.map(({ rule, index }) => `${rule} ${index}`)).toEqual([
      'beyond_limits 10',
      'beyond_limits 11',
    ]);
    const ewma = await spc('parameter=width&chart=ewma&lambda=1&l=2&target=12&sigma=2');
    expect(ewma.location.points[0]).toMatchObject({ value: 11, upper: 16 });
  });

  it('counts: failing units and defects per sample', async () => {
    const p = await spc('chart=p');
    expect(values(p.location)).toEqual([0.25, 0.25, 0.5]);
    expect(p.samples.map(({ key, size }) => [key, size])).toEqual([
      ['S1', 4],
      ['S2', 4],
      ['S3', 4],
    ]);
    expect(values((await spc('chart=np&subgroup=day')).location)).toEqual([1, 1, 2]);
    expect(values((await spc('chart=c&subgroup=lot')).location)).toEqual([2, 2, 4]);
    expect(values((await spc('chart=u&subgroup=wafer')).location)).toEqual([1, 0, 1, 0, 2, 0]);
    expect(values((await spc('chart=p&subgroup=5')).location)).toEqual([0.4, 0.4]);
  });

  it('too little data is 200 with an empty chart', async () => {
    for (const query of [
      'parameter=none&chart=imr',
      'parameter=width&chart=imr&lot_id=NONE',
      'chart=p&lot_id=NONE',
      'parameter=none&chart=xbar_r',
    ]) {
      expect(await spc(query)).toMatchObject({
        sigma: null,
        location: { centre: null, lower: null, upper: null, points: [], violations: [] },
      });
    }
  });

  it.each([
    ['chart=imr', 'parameter'],
    ['parameter=width&chart=p', 'parameter'],
    ['parameter=width', 'chart'],
    ['parameter=width&chart=imr&rules=nelson_9', 'rules'],
    ['parameter=width&chart=imr&subgroup=0', 'subgroup'],
    ['parameter=width&chart=imr&subgroup=month', 'subgroup'],
    ['parameter=width&chart=imr&target=5', 'sigma'],
    ['parameter=width&chart=imr&target=five&sigma=1', 'target'],
    ['parameter=width&chart=imr&lambda=0.2', 'lambda'],
    ['parameter=width&chart=ewma&lambda=2', 'lambda'],
    ['parameter=width&chart=ewma&rules=nelson', 'rules'],
  ])('%s is refused at %s', async (query, parameter) => {
    const { status, body } = await stage.app.get<ProblemBody>(`/v1/spc?${query}`);
    expect([status, body.errors.map((error) => error.parameter)]).toEqual([400, [parameter]]);
  });

  it('capability of single values and of subgroups', async () => {
    const of = async (query: string) =>
      (await stage.app.get<Record<string, number | null>>(`/v1/capability?parameter=width&${query}`)).body;
    const lot = await of('lot_id=S1&lsl=9&usl=15&target=12');
    expect(lot).toMatchObject({ n: 4, mean: 12.5 });
    expect(lot['sigma_within']).toBeCloseTo(1 / 1.128379, 9);
    expect(lot['cp']).toBeCloseTo(1.128379, 6);
    expect(lot['cpk']).toBeCloseTo((2.5 / 3) * 1.128379, 6);
    const [w4, w3] = [(2.058751 / 0.879808) ** 2, (1.692569 / 0.888368) ** 2] as const;
    expect((await of('subgroup=lot&usl=20'))['sigma_within']).toBeCloseTo(
      ((2 * w4 * 3) / 2.058751 + (w3 * 2) / 1.692569) / (2 * w4 + w3),
      9,
    );
    expect((await of('subgroup=lot&usl=20&sigma_method=mean'))['sigma_within']).toBeCloseTo(
      (3 / 2.058751 + 2 / 1.692569 + 3 / 2.058751) / 3,
      9,
    );
    expect(await of('lot_id=NONE&lsl=1&usl=2')).toMatchObject({ n: 0, mean: null, cp: null });
    const refused = await stage.app.get<ProblemBody>('/v1/capability?parameter=width&lsl=3&usl=2');
    expect([refused.status, refused.body.errors[0]?.parameter]).toEqual([400, 'usl']);
  });
});

describe('a file whose attempts all complete at one time', () => {
  it('has its groups of consecutive units in their order, also when there are more than ten', async () => {
    const groups = 23;
    await seedAttempts(
      stage.db.database,
      Array.from({ length: 2 * groups }, (_, i) => ({
        lot_id: 'FILE',
        chip_id: `c${i}`,
        product: 'FILE',
        // Events of one time count in the order of their ids; of group n, as many units fail as n mod 3.
        event_id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
        result: i % 2 < Math.floor(i / 2) % 3 ? ('fail' as const) : ('pass' as const),
        occurred_at: '2026-08-01T00:00:00Z',
      })),
    );
    const { status, body } = await stage.app.get<Chart>('/v1/spc?chart=np&product=FILE&subgroup=2');
    expect([status, body.location.points.map(({ value }) => value)]).toEqual([
      200,
      Array.from({ length: groups }, (_, n) => n % 3),
    ]);
  });
});
