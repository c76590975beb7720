import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inspectionIdentity } from '@chip/contracts';
import { type InspectionDetail } from '../src/inspections/inspection-answer.ts';
import { type Answer, openStage, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());

const schedule = <T>(body: unknown): Promise<Answer<T>> =>
  stage.app.get<T>('/v1/inspections', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
interface ProblemBody {
  code: string;
  errors?: { parameter: string }[];
}
const order = { lot_id: 'LOT-7', chip_id: 'W01-1', inspection_type: 'visual' };

describe('scheduling an inspection', () => {
  it('creates it as pending, with the id that machines compute, and returns its location', async () => {
    const { status, headers, body } = await schedule<InspectionDetail>({
      ...order,
      priority: 3,
      metadata: { a: [1, '😀'] },
      reason: 'customer return',
    });
    const id = inspectionIdentity('', 'LOT-7', 'W01-1', 'visual');
    expect([status, headers.get('location')]).toEqual([201, `/v1/inspections/${id}`]);
    expect(body).toMatchObject({
      ...order,
      id,
      site: '',
      status: 'pending',
      result: null,
      priority: 3,
      metadata: { a: [1, '😀'] },
      attempts: [],
    });
    expect((await stage.app.get(`/v1/inspections/${id}`)).body).toEqual(body);
    expect(
      (await stage.app.get<{ items: unknown[] }>('/v1/inspections?status=pending&lot_id=LOT-7')).body.items,
    ).toHaveLength(1);
  });

  it('is in the audit trail with its reason', async () => {
    const [entry] = await stage.db.database.query<Record<string, unknown>>(
      `SELECT actor, action, subject, reason, new_value FROM audit_log WHERE stream = 'api' ORDER BY seq DESC LIMIT 1`,
    );
    expect(entry).toMatchObject({
      action: 'inspection.create',
      reason: 'customer return',
      new_value: { ...order, priority: 3 },
    });
    const { body } = await stage.app.get<{ ok: boolean; streams: { stream: string; entries: number }[] }>(
      '/v1/audit/verify?stream=api',
    );
    expect(body).toMatchObject({ ok: true, streams: [{ stream: 'api', entries: 1, broken: null }] });
  });

  it('a second time is 409 that leads to the first, and leaves no trace', async () => {
    const { status, headers, type, body } = await schedule<ProblemBody>({ ...order, priority: 1 });
    expect([status, type, body.code]).toEqual([409, 'application/problem+json', 'duplicate_inspection']);
    const { body: first } = await stage.app.get<InspectionDetail>(headers.get('location')!);
    expect(first.priority).toBe(3);
    expect((await stage.app.get<{ streams: object[] }>('/v1/audit/verify?stream=api')).body.streams).toMatchObject([
      { entries: 1 },
    ]);
  });

  it('twenty concurrent requests create one', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => schedule({ ...order, chip_id: 'race' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(409)]);
  });

  it('is also 409 when machines have already inspected the chip', async () => {
    await seedAttempts(stage.db.database, [{ lot_id: 'LOT-8', chip_id: 'x', result: 'pass' }]);
    expect((await schedule({ ...order, lot_id: 'LOT-8', chip_id: 'x' })).status).toBe(409);
    expect((await schedule({ ...order, lot_id: 'LOT-8', chip_id: 'x', site: 'south' })).status).toBe(201);
  });

  it.each<[object, string]>([
    [{ lot_id: 'L', chip_id: 'c' }, '/inspection_type'],
    [{ ...order, inspection_type: 'astrological' }, '/inspection_type'],
    [{ ...order, lot_id: '' }, '/lot_id'],
    [{ ...order, chip_id: 'x'.repeat(101) }, '/chip_id'],
    [{ ...order, chip_id: 'a\0' }, '/chip_id'],
    [{ ...order, chip_id: '\ud800' }, '/chip_id'],
    [{ ...order, priority: 0 }, '/priority'],
    [{ ...order, priority: 11 }, '/priority'],
    [{ ...order, priority: 2.5 }, '/priority'],
    [{ ...order, status: 'completed' }, '/status'],
    [{ ...order, metadata: [] }, '/metadata'],
    [{ ...order, metadata: { a: '\0' } }, '/metadata'],
    [{ ...order, metadata: { a: 'x'.repeat(17_000) } }, '/metadata'],
    [{ ...order, reason: '' }, '/reason'],
  ])('%j is refused at %s', async (body, pointer) => {
    const { status, body: refused } = await schedule<ProblemBody>(body);
    expect([status, refused.code, refused.errors?.map((error) => error.parameter)]).toEqual([
      400,
      'invalid_body',
      [pointer],
    ]);
  });

  it('refuses a body that nests deeper than the call stack, without a crash', async () => {
    const { status, body } = await stage.app.get<ProblemBody>('/v1/inspections', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"lot_id":"L","chip_id":"deep","inspection_type":"visual","metadata":{"a":${'['.repeat(1000)}${']'.repeat(1000)}}}`,
    });
    expect([status, body.errors?.map((error) => error.parameter)]).toEqual([400, ['/metadata']]);
  });
});

describe('the audit trail', () => {
  it('names the first entry that was tampered with', async () => {
    for (const chip_id of ['t1', 't2', 't3']) {
      expect((await schedule({ ...order, chip_id })).status).toBe(201);
    }
    // As the owner of the database could.
    await stage.db.database.query('ALTER TABLE audit_log DISABLE TRIGGER USER');
    await stage.db.database.query(`UPDATE audit_log SET reason = 'forged' WHERE stream = 'api' AND seq = 2`);
    const { status, body } = await stage.app.get<{ ok: boolean; streams: { broken: { seq: number } | null }[] }>(
      '/v1/audit/verify?stream=api',
    );
    expect([status, body.ok, body.streams[0]?.broken?.seq]).toEqual([200, false, 2]);
  });
});

describe('the daily summary', () => {
  it('counts per day, type and status as of its refresh', async () => {
    const { database } = stage.db;
    interface Summary {
      refreshed_at: string;
      groups: { day: string; inspection_type: string; status: string; inspection_count: number }[];
    }
    const summary = async (query: string): Promise<Summary> =>
      (await stage.app.get<Summary>(`/v1/summary/daily?${query}`)).body;
    const [{ day, before }] = (await database.query<{ day: string; before: string }>(
      `SELECT ((now() AT TIME ZONE 'UTC')::date - 2)::text AS day, now() AS before`,
    )) as [{ day: string; before: string }];
    await seedAttempts(database, [
      { lot_id: 'S', chip_id: '1', inspection_type: 'thermal', result: 'pass', occurred_at: `${day}T00:00:00Z` },
      { lot_id: 'S', chip_id: '2', inspection_type: 'thermal', result: 'fail', occurred_at: `${day}T23:59:59.999999Z` },
      { lot_id: 'S', chip_id: '3', inspection_type: 'thermal', status: 'failed', occurred_at: `${day}T12:00:00Z` },
    ]);
    const range = `from=${day}T00:00:00Z&to=${day}T00:00:01Z`;
    expect((await summary(range)).groups).toEqual([]);
    await database.query('SELECT refresh_daily_inspection_summary()');
    const { refreshed_at, groups } = await summary(range);
    expect(Date.parse(refreshed_at)).toBeGreaterThanOrEqual(Date.parse(before));
    expect(groups.map((g) => [g.day, g.inspection_type, g.status, g.inspection_count])).toEqual([
      [day, 'thermal', 'completed', 2],
      [day, 'thermal', 'failed', 1],
    ]);
    expect((await summary(`to=${day}T00:00:00Z`)).groups).toEqual([]);
  });
});
