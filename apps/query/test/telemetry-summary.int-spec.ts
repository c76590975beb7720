import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';

interface Figures {
  sample_count: number;
  avg_value: number | null;
  min_value: number | null;
  max_value: number | null;
}
interface Summary {
  covered: { from: string; to: string } | null;
  services: (Figures & { service_name: string })[];
  totals: Figures;
  definition: string;
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  const { database } = stage.db;
  // One sample a minute from 08:00 to 11:59; the value is the minute since 08:00. Service b has every tenth only.
  await database.query(
    `INSERT INTO system_metrics (time, service_name, metric_name, metric_value, host, tags)
     SELECT '2026-03-02T08:00:00Z'::timestamptz + n * INTERVAL '1 minute', s, 'temperature', n + CASE s WHEN 'b' THEN 1000 ELSE 0 END,
            CASE WHEN n % 2 = 0 THEN 'h1' END, jsonb_build_object('half', n / 120)
       FROM generate_series(0, 239) n, (VALUES ('a'), ('b')) v(s) WHERE s = 'a' OR n % 10 = 0`,
  );
  // Another metric that must not count, and an older hour whose raw samples are dropped: 100 samples of mean 7.
  await database.query(
    `INSERT INTO system_metrics (time, service_name, metric_name, metric_value) VALUES ('2026-03-02T09:30:00Z', 'a', 'pressure', 1e9)`,
  );
  await database.query(
    `INSERT INTO metrics_delta
     SELECT date_trunc('hour', time, 'UTC'), service_name, metric_name, host, sum(metric_value), count(*), min(metric_value), max(metric_value)
       FROM system_metrics GROUP BY 1, 2, 3, 4`,
  );
  await database.query(
    `INSERT INTO metrics_delta VALUES ('2026-03-01T08:00:00Z', 'a', 'temperature', NULL, 700, 100, 1, 20), ('2026-03-01T09:00:00Z', 'a', 'temperature', NULL, 800, 100, 2, 30)`,
  );
});
afterAll(() => stage.end());

const summary = async (from: string, to: string, more = ''): Promise<Summary> => {
  const answer = await stage.app.get<Summary>(
    `/v1/telemetry/summary?metric_name=temperature&from=${from}&to=${to}${more}`,
  );
  expect(answer.status).toBe(200);
  return answer.body;
};
const day = (time: string) => `2026-03-02T${time}Z`;
/** Expected sums of the samples of service a in minutes [from, to) since 08:00. */
const minutes = (from: number, to: number, host?: 'h1'): Figures => {
  const values = Array.from({ length: to - from }, (_, i) => from + i).filter((n) => !host || n % 2 === 0);
  return {
    sample_count: values.length,
    avg_value: values.reduce((a, b) => a + b, 0) / values.length,
    min_value: Math.min(...values),
    max_value: Math.max(...values),
  };
};

describe.each([
  ['not yet folded', async () => undefined],
  ['folded', async () => void (await stage.db.database.query('SELECT fold_metrics()'))],
])('with roll-ups %s', (_name, prepare) => {
  beforeAll(prepare);

  it.each([
    ['whole hours', '08:00:00', '12:00:00', 0, 240],
    ['partial hours at both ends', '08:30:00', '11:15:00', 30, 195],
    ['two partial hours without a whole one', '08:30:00', '09:15:00', 30, 75],
    ['a range inside one hour', '09:10:00', '09:20:00', 70, 80],
    ['an end that is exclusive', '09:10:00', '09:20:00.000001', 70, 81],
    ['a beginning after its minute', '09:10:00.000001', '09:20:00', 71, 80],
  ])('%s', async (_what, from, to, first, last) => {
    const { services, covered } = await summary(day(from), day(to), '&service_name=a');
    expect(services).toEqual([{ service_name: 'a', ...minutes(first, last) }]);
    expect(Date.parse(covered!.from)).toBe(Date.parse(day(from)));
  });

  it('weights means by samples: the total is not the mean of the services', async () => {
    const { services, totals } = await summary(day('08:00:00'), day('12:00:00'));
    expect(services.map((s) => [s.service_name, s.sample_count])).toEqual([
      ['b', 24],
      ['a', 240],
    ]);
    const sum = 240 * 119.5 + 24 * (1000 + 115);
    expect(totals).toEqual({ sample_count: 264, avg_value: sum / 264, min_value: 0, max_value: 1230 });
    expect(totals.avg_value).not.toBeCloseTo((119.5 + 1115) / 2, 0);
  });

  it('filters by host, also in partial hours', async () => {
    const { services } = await summary(day('08:30:00'), day('11:15:00'), '&service_name=a&host=h1');
    expect(services).toEqual([{ service_name: 'a', ...minutes(30, 195, 'h1') }]);
  });

  it('excludes a partial hour without raw samples, and the answer states it', async () => {
    const before = '2026-03-01T';
    const left = await summary(`${before}08:30:00Z`, `${before}10:00:00Z`);
    expect(left.covered).toEqual({ from: `${before}09:00:00.000000Z`, to: `${before}10:00:00.000000Z` });
    expect(left.totals).toEqual({ sample_count: 100, avg_value: 8, min_value: 2, max_value: 30 });

    const right = await summary(`${before}08:00:00Z`, `${before}09:30:00Z`);
    expect(right.covered).toEqual({ from: `${before}08:00:00.000000Z`, to: `${before}09:00:00.000000Z` });
    expect(right.totals.avg_value).toBe(7);

    const inside = await summary(`${before}08:10:00Z`, `${before}08:20:00Z`);
    expect([inside.covered, inside.services, inside.totals.avg_value]).toEqual([null, [], null]);

    const both = await summary(`${before}08:10:00Z`, `${before}09:20:00Z`);
    expect([both.covered, both.services]).toEqual([null, []]);
  });
});

it('no data is 200 with null figures', async () => {
  const { services, totals, covered } = await summary('2020-01-01T00:10:00Z', '2020-01-02T00:00:00Z');
  expect([services, totals]).toEqual([[], { sample_count: 0, avg_value: null, min_value: null, max_value: null }]);
  expect(covered).toEqual({ from: '2020-01-01T00:10:00.000000Z', to: '2020-01-02T00:00:00.000000Z' });
  expect((await summary('2020-01-01T00:10:00Z', '2020-01-01T00:10:00Z')).covered).toBeNull();
});

it.each([
  ['metric_name', 'from=2026-03-02T08:00:00Z&to=2026-03-02T09:00:00Z'],
  ['from', 'metric_name=m&to=2026-03-02T09:00:00Z'],
  ['to', 'metric_name=m&from=2026-03-02T09:00:00Z'],
])('%s is required', async (parameter, query) => {
  const { status, body } = await stage.app.get<{ errors: unknown }>(`/v1/telemetry/summary?${query}`);
  expect([status, body.errors]).toEqual([400, [{ parameter, message: 'is required' }]]);
});

it('of tags sums raw samples that have them, and covers what retention has left', async () => {
  const second = await summary(day('08:00:00'), day('12:00:00'), '&tags.half=1&service_name=a');
  expect(second.totals).toEqual(minutes(120, 240));
  expect(second.covered).toEqual({ from: day('08:00:00.000000'), to: day('12:00:00.000000') });
  expect(second.definition).toContain('tags');
  // The raw samples of 08:00 to 09:59 of the day before are gone.
  const later = await summary('2026-03-01T08:30:00Z', day('08:10:00'), '&tags.half=0&host=h1');
  expect(later.covered).toEqual({ from: '2026-03-01T08:30:00.000000Z', to: day('08:10:00.000000') });
  const all = await summary('2026-03-01T08:30:00Z', day('08:10:00'), '&tags.half=0&service_name=a');
  expect(all.covered).toEqual({ from: '2026-03-01T10:00:00.000000Z', to: day('08:10:00.000000') });
  expect(all.totals).toEqual(minutes(0, 10));
  const gone = await summary('2026-03-01T08:30:00Z', '2026-03-01T09:30:00Z', '&tags.half=0');
  expect(gone).toMatchObject({ covered: null, services: [], totals: { sample_count: 0, avg_value: null } });
});
