/** Production calendars: versions of them, and yield, Pareto and density by production day and shift. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

interface Refusal {
  code: string;
  errors?: { parameter: string; message: string }[];
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());

const BERLIN = {
  site: 'berlin',
  valid_from: '2026-01-01T00:00:00Z',
  time_zone: 'Europe/Berlin',
  day_start: '06:00',
  shifts: [
    { name: 'early', start: '06:00' },
    { name: 'late', start: '14:00' },
    { name: 'night', start: '22:00' },
  ],
};
const put = <T = Record<string, unknown>>(body: object) =>
  stage.app.get<T>('/v1/calendars', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'shift model', ...body }),
  });

it('a statistic by shift says which calendar is missing', async () => {
  for (const [query, parameter] of [
    ['group_by=shift', 'group_by'],
    ['group_by=day&calendar=production', 'calendar'],
  ] as const) {
    const { status, body } = await stage.app.get<Refusal>(`/v1/yield?${query}`);
    expect([status, body.code, body.errors?.[0]?.parameter]).toEqual([400, 'invalid_parameter', parameter]);
    expect(body.errors?.[0]?.message).toContain('PUT /v1/calendars');
  }
});

describe('a calendar', () => {
  it('is a series of versions, each in the audit trail', async () => {
    const first = await put(BERLIN);
    expect([first.status, first.body]).toMatchObject([200, { ...BERLIN, valid_to: null, created_by: 'anonymous' }]);
    // The same again is no second version.
    expect((await put({ ...BERLIN, valid_from: '2026-01-01T01:00:00+01:00' })).body).toEqual(first.body);
    const second = await put({ ...BERLIN, valid_from: '2026-06-01T00:00:00Z', day_start: '00:00', shifts: [] });
    expect(second.status).toBe(200);
    const { body } = await stage.app.get<{ items: Record<string, unknown>[] }>('/v1/calendars?site=berlin');
    expect(body.items.map((item) => [item['day_start'], item['valid_to']])).toEqual([
      ['00:00', null],
      ['06:00', '2026-06-01T00:00:00Z'],
    ]);
    const held = await stage.app.get<{ items: object[] }>('/v1/calendars?in_force_at=2026-05-31T23:59:59Z');
    expect(held.body.items).toMatchObject([{ day_start: '06:00' }]);
    const trail = await stage.db.database.query(
      `SELECT action FROM audit_log WHERE stream = 'api' AND subject LIKE 'calendar:%' ORDER BY seq`,
    );
    expect(trail).toEqual([{ action: 'calendar.create' }, { action: 'calendar.create' }]);
  });

  it('conflicts with another one from the same time, and within a range that ended', async () => {
    for (const body of [
      { ...BERLIN, day_start: '05:00', shifts: [] },
      { ...BERLIN, valid_from: '2026-03-01T00:00:00Z' },
    ]) {
      const answer = await put<Refusal>(body);
      expect([answer.status, answer.body.code, answer.body.errors?.[0]?.parameter]).toEqual([
        409,
        'version_conflict',
        '/valid_from',
      ]);
    }
  });

  it('can be withdrawn, once', async () => {
    const wrong = { site: 'berlin', valid_from: '2026-06-01T00:00:00Z', withdraw: true };
    expect((await put(wrong)).body).toMatchObject({ withdrawn_by: 'anonymous', withdrawal_reason: 'shift model' });
    expect((await put<Refusal>(wrong)).status).toBe(404);
  });

  it.each([
    [{ time_zone: 'Middle/Earth' }, '/time_zone'],
    [{ time_zone: '+02:00' }, '/time_zone'],
    [{ time_zone: undefined }, '/time_zone'],
    [{ day_start: '24:00' }, '/day_start'],
    [{ shifts: [{ name: 'a', start: '07:00' }] }, '/shifts/0/start'],
    [
      {
        shifts: [
          { name: 'a', start: '06:00' },
          { name: 'b', start: '06:00' },
        ],
      },
      '/shifts/1/start',
    ],
    [
      {
        shifts: [
          { name: 'a', start: '06:00' },
          { name: 'a', start: '09:00' },
        ],
      },
      '/shifts/1/name',
    ],
    [{ withdraw: true }, '/time_zone'],
    [{ reason: '' }, '/reason'],
  ])('%j is refused at %s', async (changes, field) => {
    const { status, body } = await put<Refusal>({ ...BERLIN, valid_from: '2026-09-01T00:00:00Z', ...changes });
    expect([status, body.code, body.errors?.[0]?.parameter]).toEqual([400, 'invalid_body', field]);
  });
});

describe('statistics', () => {
  beforeAll(async () => {
    // Kolkata has half an hour more than full hours; a calendar of every site holds for the sites without their own.
    await put({ valid_from: '2026-01-01T00:00:00Z', time_zone: 'Asia/Kolkata', day_start: '07:30' });
    const unit = (site: string, chip_id: string, occurred_at: string, result: 'pass' | 'fail' = 'pass') => ({
      site,
      lot_id: 'L',
      chip_id,
      result,
      occurred_at,
      hard_bin: result === 'pass' ? 1 : 7,
      inspected_area_cm2: 1,
    });
    await seedAttempts(stage.db.database, [
      unit('berlin', 'before the calendar', '2025-12-31T23:59:59.999999Z'),
      // Winter: 06:00 in Berlin is 05:00 UTC.
      unit('berlin', 'last of the night', '2026-02-02T04:59:59.999999Z', 'fail'),
      unit('berlin', 'first of the day', '2026-02-02T05:00:00Z'),
      unit('berlin', 'late', '2026-02-02T13:00:00Z'),
      unit('berlin', 'before midnight', '2026-02-02T22:59:59Z'),
      unit('berlin', 'after midnight', '2026-02-02T23:00:00Z', 'fail'),
      // The clock goes from 02:00 to 03:00 on 2026-03-29; from then on 06:00 is 04:00 UTC.
      unit('berlin', 'short night', '2026-03-29T03:59:59Z'),
      unit('berlin', 'summer', '2026-03-29T04:00:00Z'),
      // 07:30 in Kolkata is 02:00 UTC.
      unit('pune', 'a', '2026-02-02T01:59:59Z'),
      unit('pune', 'b', '2026-02-02T02:00:00Z'),
    ]);
    await stage.db.database.query(
      `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um)
       SELECT inspection_id, event_id, 1, occurred_at, 'scratch', 0, 0 FROM inspection_attempts WHERE result = 'fail'`,
    );
  });

  interface Yield {
    definition: string;
    groups: { key: string | null; units: number; passed: number }[];
    totals: { units: number };
  }
  const groups = async (query: string) => {
    const { status, body } = await stage.app.get<Yield>(`/v1/yield?${query}`);
    expect([status, body]).toEqual([200, expect.anything()]);
    expect(body.groups.reduce((sum, { units }) => sum + units, 0)).toBe(body.totals.units);
    return body.groups.map(({ key, units, passed }) => [key, units, passed]);
  };

  const shifts = [
    ['2026-02-01/3 night', 1, 0],
    ['2026-02-02/1 early', 1, 1],
    ['2026-02-02/2 late', 1, 1],
    ['2026-02-02/3 night', 2, 1],
    ['2026-03-28/3 night', 1, 1],
    ['2026-03-29/1 early', 1, 1],
    [null, 1, 1],
  ];

  it('by shift follow the wall clock, also when it changes', async () => {
    expect(await groups('group_by=shift&site=berlin')).toEqual(shifts);
    expect(await groups('group_by=shift&site=berlin&kind=first_pass&calendar=production')).toEqual(shifts);
    expect(await groups('group_by=shift&site=berlin&kind=rolled_throughput')).toEqual(shifts);
    const { body } = await stage.app.get<Yield>('/v1/yield?group_by=shift');
    expect(body.definition).toContain('production calendar');
  });

  it('by production day, week and month belong to the day on which it began', async () => {
    const berlin = 'site=berlin&from=2026-02-02T00:00:00Z&to=2026-02-03T00:00:00Z&calendar=production';
    expect(await groups(`group_by=day&${berlin}`)).toEqual([
      ['2026-02-01', 1, 0],
      ['2026-02-02', 4, 3],
    ]);
    expect(await groups(`group_by=week&${berlin}`)).toEqual([
      ['2026-W05', 1, 0],
      ['2026-W06', 4, 3],
    ]);
    expect(await groups(`group_by=month&${berlin}`)).toEqual([['2026-02', 5, 3]]);
    // UTC unless asked for.
    expect(await groups('group_by=day&site=berlin&from=2026-02-02T00:00:00Z&to=2026-02-03T00:00:00Z')).toEqual([
      ['2026-02-02', 5, 3],
    ]);
  });

  it('take the calendar of each site', async () => {
    expect(await groups('group_by=day&site=pune&calendar=production')).toEqual([
      ['2026-02-01', 1, 1],
      ['2026-02-02', 1, 1],
    ]);
    expect(await groups('group_by=day&calendar=production&to=2026-03-01T00:00:00Z')).toEqual([
      ['2026-02-01', 2, 1],
      ['2026-02-02', 5, 4],
      [null, 1, 1],
    ]);
  });

  it('a Pareto per shift adds up to that of everything', async () => {
    interface Pareto {
      groups: { key: string; count: number }[];
      by_group: { key: string; count: number; groups: { key: string; count: number; share: number }[] }[];
    }
    const { body: defects } = await stage.app.get<Pareto>('/v1/defects/pareto?group_by=shift');
    expect(defects.groups).toMatchObject([{ key: 'scratch', count: 2 }]);
    expect(defects.by_group).toMatchObject([
      { key: '2026-02-01/3 night', count: 1, groups: [{ key: 'scratch', count: 1, share: 1 }] },
      { key: '2026-02-02/3 night', count: 1 },
    ]);
    const { body: bins } = await stage.app.get<Pareto>('/v1/bins/pareto?group_by=shift&site=berlin');
    expect(bins.by_group.find(({ key }) => key === '2026-02-02/3 night')?.groups).toMatchObject([
      { key: 1, count: 1, share: 0.5 },
      { key: 7, count: 1, share: 0.5 },
    ]);
    expect(bins.by_group.reduce((sum, { count }) => sum + count, 0)).toBe(8);
    const { status } = await stage.app.get('/v1/defects/density?group_by=shift');
    expect(status).toBe(200);
  });

  it('a Pareto can be cut, with the rest summed up', async () => {
    const { body } = await stage.app.get<{ groups: object[]; other: object; totals: object }>(
      '/v1/bins/pareto?top=1&site=berlin',
    );
    expect(body).toMatchObject({
      groups: [{ key: 1, count: 6, share: 0.75 }],
      other: { keys: 1, count: 2, share: 0.25 },
      totals: { count: 8 },
    });
  });

  it.each([
    ['group_by=lot&calendar=production', 'calendar'],
    ['calendar=utc', 'calendar'],
    ['group_by=shift&calendar=utc', 'calendar'],
  ])('%s is refused', async (query, parameter) => {
    const { status, body } = await stage.app.get<Refusal>(`/v1/yield?${query}`);
    expect([status, body.errors?.[0]?.parameter]).toEqual([400, parameter]);
  });

  it('take the calendar of every site before the first one of their own', async () => {
    await put({ site: 'pune', valid_from: '2026-02-02T02:00:00Z', time_zone: 'UTC' });
    expect(await groups('group_by=day&site=pune&calendar=production')).toEqual([
      ['2026-02-01', 1, 1],
      ['2026-02-02', 1, 1],
    ]);
  });
});
