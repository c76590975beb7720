import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';

interface Point {
  time: string;
  sample_count: number;
  avg_value: number;
  min_value: number;
  max_value: number;
}
interface Series {
  resolution: string;
  bucket_seconds: number;
  covered?: { from: string; to: string } | null;
  points: Point[];
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  const { database } = stage.db;
  // A sample every 10 minutes for three days; value = hours since the beginning. Service b only in the second half of each hour.
  await database.query(
    `INSERT INTO system_metrics (time, service_name, metric_name, metric_value, host, tags)
     SELECT '2026-03-02T00:00:00Z'::timestamptz + n * INTERVAL '10 minutes', s, 'power', floor(n / 6.0), 'h',
            jsonb_build_object('step', 'etch-' || n % 6, 'side', n % 2, 'lab', CASE WHEN n = 7 THEN 'yes' END)
       FROM generate_series(0, 431) n, (VALUES ('a'), ('b')) v(s) WHERE s = 'a' OR n % 6 >= 3`,
  );
  await database.query(
    `INSERT INTO system_metrics (time, service_name, metric_name, metric_value) VALUES ('2026-03-02T00:05:00Z', 'c', 'other', 1e9)`,
  );
  await database.query(
    `INSERT INTO metrics_delta
     SELECT date_trunc('hour', time, 'UTC'), service_name, metric_name, host, sum(metric_value), count(*), min(metric_value), max(metric_value)
       FROM system_metrics GROUP BY 1, 2, 3, 4`,
  );
});
afterAll(() => stage.end());

const series = async (from: string, to: string, more = ''): Promise<Series> => {
  const answer = await stage.app.get<Series>(`/v1/telemetry/series?metric_name=power&from=${from}&to=${to}${more}`);
  expect(answer.status).toBe(200);
  return answer.body;
};

describe('a series', () => {
  it('of hours is raw samples in fine buckets', async () => {
    const { resolution, bucket_seconds, points } = await series(
      '2026-03-02T01:00:00Z',
      '2026-03-02T03:00:00Z',
      '&max_points=10&service_name=a',
    );
    expect([resolution, bucket_seconds]).toEqual(['raw', 900]);
    expect(points.map((p) => [p.time, p.sample_count, p.avg_value])).toEqual([
      ['2026-03-02T01:00:00Z', 2, 1],
      ['2026-03-02T01:15:00Z', 1, 1],
      ['2026-03-02T01:30:00Z', 2, 1],
      ['2026-03-02T01:45:00Z', 1, 1],
      ['2026-03-02T02:00:00Z', 2, 2],
      ['2026-03-02T02:15:00Z', 1, 2],
      ['2026-03-02T02:30:00Z', 2, 2],
      ['2026-03-02T02:45:00Z', 1, 2],
    ]);
  });

  it('of raw samples finds every service, cut exactly at both ends', async () => {
    const { resolution, points } = await series('2026-03-02T01:20:00Z', '2026-03-02T01:40:00Z');
    expect(resolution).toBe('raw');
    // 01:20 a; 01:30 a and b; 01:40 is outside.
    expect(points.map((p) => [p.time, p.sample_count])).toEqual([
      ['2026-03-02T01:20:00Z', 1],
      ['2026-03-02T01:30:00Z', 2],
    ]);
  });

  it('of days comes from the hourly roll-up, weighted by samples', async () => {
    const { resolution, bucket_seconds, points } = await series(
      '2026-03-02T00:00:00Z',
      '2026-03-05T00:00:00Z',
      '&max_points=12',
    );
    expect([resolution, bucket_seconds]).toEqual(['hourly', 6 * 3600]);
    expect(points).toHaveLength(12);
    expect(points[0]).toEqual({
      time: '2026-03-02T00:00:00Z',
      sample_count: 54,
      avg_value: 2.5,
      min_value: 0,
      max_value: 5,
    });
  });

  it('of many days comes from the daily roll-up', async () => {
    const { resolution, points } = await series('2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z', '&max_points=31');
    expect(resolution).toBe('daily');
    expect(points.map((p) => [p.time, p.sample_count, p.avg_value, p.max_value])).toEqual([
      ['2026-03-02T00:00:00Z', 216, 11.5, 23],
      ['2026-03-03T00:00:00Z', 216, 35.5, 47],
      ['2026-03-04T00:00:00Z', 216, 59.5, 71],
    ]);
  });

  it('filters by service and host; nothing is an empty series', async () => {
    expect(
      (await series('2026-03-02T00:00:00Z', '2026-03-05T00:00:00Z', '&service_name=b&max_points=3')).points.map(
        (p) => p.sample_count,
      ),
    ).toEqual([72, 72, 72]);
    expect((await series('2026-03-02T00:00:00Z', '2026-03-02T01:00:00Z', '&host=x')).points).toEqual([]);
    expect((await series('2026-03-02T00:00:00Z', '2026-03-02T00:00:00Z')).points).toEqual([]);
  });

  it('of hours whose raw samples retention has removed comes from the roll-up, as the summary does', async () => {
    const [first, last] = ['2026-02-01T08:00:00Z', '2026-02-01T09:00:00Z'];
    await stage.db.database.query(
      `INSERT INTO metrics_delta (bucket, service_name, metric_name, host, sum_value, sample_count, min_value, max_value)
       SELECT t, 'a', 'power', 'h', 60, 6, 5, 15 FROM unnest($1::timestamptz[]) AS t`,
      [[first, last]],
    );
    await stage.db.database.query(
      `UPDATE retention_settings SET gone_before = '2026-02-01T10:00:00Z' WHERE table_name = 'system_metrics'`,
    );
    // Of the last hour some are left.
    await stage.db.database.query(
      `INSERT INTO system_metrics (time, service_name, metric_name, metric_value, host) VALUES ('2026-02-01T09:50:00Z', 'a', 'power', 15, 'h')`,
    );
    const { resolution, bucket_seconds, points, covered } = await series(
      '2026-02-01T06:15:00Z',
      '2026-02-01T12:00:00Z',
    );
    expect([resolution, bucket_seconds]).toEqual(['hourly', 3600]);
    expect(covered).toEqual({ from: '2026-02-01T07:00:00.000000Z', to: '2026-02-01T12:00:00.000000Z' });
    expect(points.map((p) => [p.time, p.sample_count, p.avg_value])).toEqual([
      [first, 6, 10],
      [last, 6, 10],
    ]);
  });

  it.each([
    ['a part of an hour', '09:30', '09:55', [1], null],
    ['parts of two hours', '08:30', '09:45', [], null],
    ['parts of an hour that has lost some, and of one that has not', '09:30', '10:30', [1], ['10:00', '10:30']],
    ['whole hours after one that has lost some', '09:55', '11:00', [], ['10:00', '11:00']],
    ['hours with nothing to lose', '10:15', '11:45', [], ['10:15', '11:45']],
  ])('of %s says which part its raw samples cover completely', async (_, from, to, counts, covered) => {
    const time = (at: string | undefined): string => `2026-02-01T${at}:00.000000Z`;
    const { resolution, points, ...answer } = await series(time(from), time(to));
    expect([resolution, points.map((p) => p.sample_count)]).toEqual(['raw', counts]);
    expect(answer.covered).toEqual(covered && { from: time(covered[0]), to: time(covered[1]) });
  });

  it.each(['1', '5001', 'many'])('max_points=%s is refused', async (points) => {
    const { status, body } = await stage.app.get<{ errors: { parameter: string }[] }>(
      `/v1/telemetry/series?metric_name=power&from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z&max_points=${points}`,
    );
    expect([status, body.errors[0]?.parameter]).toEqual([400, 'max_points']);
  });

  it('of tags is raw samples that have all of them, numbers by text or by number, however few points', async () => {
    const ofSide = async (tags: string, more = ''): Promise<[string, number][]> => {
      const { resolution, points } = await series('2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z', `&${tags}${more}`);
      expect(resolution).toBe('raw');
      return points.map((p) => [p.time, p.sample_count]);
    };
    expect(await ofSide('tags.step=etch-3&tags.side=1&service_name=b', '&max_points=2')).toEqual([
      ['2026-03-02T00:00:00Z', 12],
      ['2026-03-02T12:00:00Z', 12],
    ]);
    expect(await ofSide('tags.step=etch-3&tags.side=0')).toEqual([]);
    expect(await ofSide('tags.lab=yes')).toEqual([['2026-03-02T01:10:00Z', 1]]);
  });

  it.each([
    ['tags over more than a day', 'tags.side=1&from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00.000001Z', 'to'],
    ['an unknown name', 'label.side=1&from=2026-03-02T00:00:00Z&to=2026-03-02T01:00:00Z', 'label.side'],
  ])('refuses %s', async (_, query, name) => {
    for (const route of ['series', 'summary']) {
      const answer = await stage.app.get<{ code: string; errors: { parameter: string }[] }>(
        `/v1/telemetry/${route}?metric_name=power&${query}`,
      );
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.body)).toContain(name);
    }
  });
});
