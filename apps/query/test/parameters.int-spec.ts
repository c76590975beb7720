/** The catalogue of parameters over HTTP: versions that succeed one another, withdrawal, and the unit that values come in. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

interface Item {
  id: string;
  name: string;
  product: string | null;
  unit: string | null;
  lsl: number | null;
  usl: number | null;
  target: number | null;
  valid_from: string;
  valid_to: string | null;
  reason: string;
  created_by: string;
  withdrawn_at: string | null;
  withdrawn_by: string | null;
  withdrawal_reason: string | null;
}
interface Refusal {
  code: string;
  detail: string;
  errors?: { parameter: string; message: string }[];
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());

const put = <T = Item>(body: object) =>
  stage.app.get<T>('/v1/parameters', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'specification 17', ...body }),
  });
const store = async (body: object): Promise<Item> => {
  const { status, body: stored } = await put(body);
  expect([status, stored]).toEqual([200, expect.anything()]);
  return stored;
};
const list = async (query: string): Promise<Item[]> => {
  const { status, body } = await stage.app.get<{ items: Item[]; next_cursor: string | null }>(
    `/v1/parameters?${query}`,
  );
  expect([status, body]).toEqual([200, expect.anything()]);
  return body.items;
};
const entries = async (): Promise<number> =>
  (await stage.db.database.query<{ n: number }>(`SELECT count(*) AS n FROM audit_log WHERE stream = 'api'`))[0]!.n;

describe('a parameter', () => {
  const cd = { name: 'cd', product: 'P', unit: 'nm', lsl: 40, usl: 50, target: 45 };

  it('is a series of versions that succeed one another, each in the audit trail', async () => {
    const first = await store({ ...cd, valid_from: '2026-01-01T00:00:00Z' });
    expect(first).toMatchObject({
      ...cd,
      valid_to: null,
      created_by: 'anonymous',
      withdrawn_at: null,
      reason: 'specification 17',
    });
    const second = await store({ ...cd, usl: 49, valid_from: '2026-03-01T12:00:00.000001+01:00' });
    expect(second.valid_from).toBe('2026-03-01T11:00:00.000001Z');
    const all = await list('name=cd');
    expect(all.map(({ id, valid_to }) => [id, valid_to])).toEqual([
      [second.id, null],
      [first.id, second.valid_from],
    ]);
    expect((await list('name=cd&in_force_at=2026-03-01T11:00:00Z')).map(({ id }) => id)).toEqual([first.id]);
    expect((await list('name=cd&in_force_at=2026-03-01T11:00:00.000001Z')).map(({ id }) => id)).toEqual([second.id]);
    expect(await list('name=cd&in_force_at=2025-01-01T00:00:00Z')).toEqual([]);
    expect(await list('name=cd&product=Q')).toEqual([]);
    const trail = await stage.db.database.query(
      `SELECT action, subject, reason, old_value, new_value FROM audit_log WHERE subject = $1`,
      [`parameter:${second.id}`],
    );
    expect(trail).toMatchObject([
      {
        action: 'parameter.create',
        old_value: { id: first.id, usl: 50 },
        new_value: { name: 'cd', usl: 49, unit: 'nm' },
      },
    ]);
  });

  it('is the same after the same request, which leaves no second trace', async () => {
    const before = await entries();
    const again = await store({ ...cd, valid_from: '2026-01-01T00:00:00Z', reason: 'sent twice' });
    expect([again.reason, (await list('name=cd')).length, await entries()]).toEqual(['specification 17', 2, before]);
  });

  it.each([
    ['another limit from the same time', { ...cd, lsl: 41, valid_from: '2026-01-01T00:00:00Z' }, '/valid_from'],
    ['a range that ended', { ...cd, valid_from: '2026-02-01T00:00:00Z' }, '/valid_from'],
    ['a unit of another kind', { ...cd, unit: 'mV', valid_from: '2026-05-01T00:00:00Z' }, '/unit'],
  ])('conflicts are refused with the field: %s', async (_name, body, pointer) => {
    const before = await entries();
    const { status, body: refused } = await put<Refusal>(body);
    expect([status, refused.code, refused.errors?.map(({ parameter }) => parameter)]).toEqual([
      409,
      'parameter_conflict',
      [pointer],
    ]);
    expect([(await list('name=cd')).length, await entries()]).toEqual([2, before]);
  });

  it('is withdrawn with a reason: it counts no more, stays in the list, and may be entered right', async () => {
    const from = '2026-03-01T11:00:00.000001Z';
    const withdrawn = await store({
      name: 'cd',
      product: 'P',
      valid_from: from,
      withdraw: true,
      reason: 'typing error',
    });
    expect(withdrawn).toMatchObject({
      withdrawal_reason: 'typing error',
      withdrawn_by: 'anonymous',
      usl: 49,
      valid_to: null,
    });
    expect(withdrawn.withdrawn_at).not.toBeNull();
    expect((await list('name=cd&in_force_at=2026-06-01T00:00:00Z')).map(({ usl }) => usl)).toEqual([50]);
    const again = await put<Refusal>({ name: 'cd', product: 'P', valid_from: from, withdraw: true, reason: 'twice' });
    expect([again.status, again.body.code]).toEqual([404, 'not_found']);
    const right = await store({ ...cd, usl: 48, valid_from: from });
    expect((await list('name=cd&in_force_at=2026-06-01T00:00:00Z')).map(({ id }) => id)).toEqual([right.id]);
    expect(await list('name=cd')).toHaveLength(3);
  });

  it('is stored once by twenty requests at the same time, and refused to all but one of twenty that differ', async () => {
    const same = await Promise.all(
      Array.from({ length: 20 }, () => put({ name: 'race', valid_from: '2026-01-01T00:00:00Z', lsl: 1 })),
    );
    expect(new Set(same.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    const differing = await Promise.all(
      Array.from({ length: 20 }, (_, lsl) => put({ name: 'race 2', valid_from: '2026-01-01T00:00:00Z', lsl })),
    );
    expect(differing.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(409)]);
  });

  it('is listed page by page without loss', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const path: string = `/v1/parameters?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const { body } = await stage.app.get<{ items: Item[]; next_cursor: string | null }>(path);
      seen.push(...body.items.map(({ id }) => id));
      cursor = body.next_cursor;
    }
    expect([seen.length, new Set(seen).size]).toEqual([5, 5]);
  });

  it('cannot be changed or deleted, not even by the owner of the table', async () => {
    for (const statement of [
      `UPDATE parameters SET upper_limit = 99`,
      `UPDATE parameters SET withdrawn_at = now(), withdrawn_by = 'x', withdrawal_reason = 'y', upper_limit = 99 WHERE withdrawn_at IS NULL`,
      `UPDATE parameters SET withdrawn_at = NULL, withdrawn_by = NULL, withdrawal_reason = NULL WHERE withdrawn_at IS NOT NULL`,
      'DELETE FROM parameters',
      'TRUNCATE parameters',
    ]) {
      await expect(stage.db.database.query(statement)).rejects.toMatchObject({ sqlstate: '42501' });
    }
  });

  it.each<[object, string]>([
    [{ valid_from: '2026-01-01T00:00:00Z' }, '/name'],
    [{ name: 'x' }, '/valid_from'],
    [{ name: 'x', valid_from: '2026-02-30T00:00:00Z' }, '/valid_from'],
    [{ name: 'x', valid_from: '2026-01-01T00:00:00Z', lsl: 2, usl: 1 }, '/usl'],
    [{ name: 'x', valid_from: '2026-01-01T00:00:00Z', lsl: 2, target: 1 }, '/target'],
    [{ name: 'x', valid_from: '2026-01-01T00:00:00Z', lsl: '1' }, '/lsl'],
    [{ name: 'x\0', valid_from: '2026-01-01T00:00:00Z' }, '/name'],
    [{ name: 'x', valid_from: '2026-01-01T00:00:00Z', reason: '' }, '/reason'],
    [{ name: 'x', valid_from: '2026-01-01T00:00:00Z', withdraw: true, lsl: 1 }, '/lsl'],
    [{ name: 'x', valid_from: '2026-01-01T00:00:00Z', machine: 'm' }, '/machine'],
  ])('%j is refused at %s', async (body, pointer) => {
    const { status, body: refused } = await put<Refusal>(body);
    expect([status, refused.code, refused.errors?.map(({ parameter }) => parameter)]).toEqual([
      400,
      'invalid_body',
      [pointer],
    ]);
  });
});

describe('values in several units', () => {
  beforeAll(async () => {
    const { database } = stage.db;
    await seedAttempts(
      database,
      ['nm', 'um', 'nm', 'um'].map((_, i) => ({
        lot_id: `U${i}`,
        chip_id: 'c',
        product: i < 2 ? 'A' : 'B',
        result: 'pass' as const,
        occurred_at: `2026-04-0${i + 1}T00:00:00Z`,
      })),
    );
    // 45 and 46 of product A, 47 and 48 of B: the odd ones in micrometres.
    await database.query(
      `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit)
       SELECT a.occurred_at, a.inspection_id, a.event_id, 'width', (45 + n) / CASE WHEN n % 2 = 1 THEN 1000.0 ELSE 1 END, CASE WHEN n % 2 = 1 THEN 'um' ELSE 'nm' END
         FROM (SELECT a.*, substr(l.lot_id, 2)::int AS n FROM inspection_attempts a JOIN lots l ON l.id = a.lot_id WHERE l.lot_id LIKE 'U%') AS a`,
    );
  });
  const spc = (query: string) =>
    stage.app.get<{ definition: string; location: { points: { value: number }[] } } & Refusal>(
      `/v1/spc?parameter=width&chart=imr&${query}`,
    );
  const values = async (query: string): Promise<number[]> => {
    const { status, body } = await spc(query);
    expect([status, body]).toEqual([200, expect.anything()]);
    return body.location.points.map(({ value }) => value);
  };

  it('are refused while the catalogue has no unit for them', async () => {
    const { status, body } = await spc('product=A');
    expect([status, body.code]).toEqual([400, 'ambiguous_parameter']);
    expect(body.detail).toMatch(/units nm, um/);
    expect(await values('product=A&mix=yes')).toEqual([45, 0.046]);
  });

  it('come together in the unit of the catalogue, on charts and in capability', async () => {
    await store({ name: 'width', product: 'A', valid_from: '2026-01-01T00:00:00Z', unit: 'nm', lsl: 40, usl: 50 });
    expect(await values('product=A')).toEqual([45, 46]);
    expect((await spc('product=A')).body.definition).toContain('Values in nm, converted from um.');
    const { body } = await stage.app.get<{ mean: number; definition: string }>(
      '/v1/capability?parameter=width&product=A&lsl=40&usl=50',
    );
    expect(body.mean).toBeCloseTo(45.5, 9);
    expect(body.definition).toContain('Values in nm');
    const lots = await values('product=A&subgroup=lot');
    expect(lots).toEqual([45, 46]);
  });

  it('of a product without a unit are still refused, and mixed only where all have the same', async () => {
    expect((await spc('product=B')).status).toBe(400);
    expect(await values('mix=yes')).toEqual([45, 0.046, 47, 0.048]);
    await store({ name: 'width', valid_from: '2026-01-01T00:00:00Z', unit: 'um' });
    expect(await values('product=B')).toEqual([0.047, 0.048]);
    // The most specific entry says nm for A, um for B.
    expect(await values('mix=yes')).toEqual([45, 0.046, 47, 0.048]);
    await store({ name: 'width', product: 'B', valid_from: '2026-01-01T00:00:00Z', unit: 'nm' });
    expect(await values('mix=yes')).toEqual([45, 46, 47, 48]);
  });

  it('that cannot become the unit of the catalogue are refused', async () => {
    await store({ name: 'width', product: 'A', step: '-', valid_from: '2026-01-01T00:00:00Z', unit: 'mV' });
    expect(await values('product=A')).toEqual([45, 46]);
    await store({ name: 'width', product: 'A', site: 'fab', valid_from: '2026-01-01T00:00:00Z', unit: 'mV' });
    await seedAttempts(stage.db.database, [
      { site: 'fab', lot_id: 'V', chip_id: 'c', product: 'A', result: 'pass', occurred_at: '2026-04-09T00:00:00Z' },
    ]);
    await stage.db.database.query(
      `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit)
       SELECT a.occurred_at, a.inspection_id, a.event_id, 'width', 45, 'nm' FROM inspection_attempts a JOIN lots l ON l.id = a.lot_id WHERE l.lot_id = 'V'`,
    );
    const { status, body } = await spc('product=A&site=fab');
    expect([status, body.code]).toEqual([400, 'ambiguous_parameter']);
    expect(body.detail).toMatch(/mV/);
  });

  it('are mixed beside what can, which is converted all the same', async () => {
    await seedAttempts(stage.db.database, [
      { lot_id: 'X', chip_id: 'c', product: 'A', result: 'pass', occurred_at: '2026-04-08T00:00:00Z' },
    ]);
    await stage.db.database.query(
      `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit)
       SELECT a.occurred_at, a.inspection_id, a.event_id, 'width', 7, 'px' FROM inspection_attempts a JOIN lots l ON l.id = a.lot_id WHERE l.lot_id = 'X'`,
    );
    expect(await values('lot_id=U0&lot_id=U1&lot_id=X&mix=yes')).toEqual([45, 46, 7]);
    expect((await spc('lot_id=U0&lot_id=U1&lot_id=X&mix=yes')).body.definition).toContain(
      'Values in nm, converted from um; those in px as they are.',
    );
  });
});

describe('the end of a range, which is exclusive', () => {
  const begin = '2026-07-01T00:00:00Z';
  const after = '2026-07-01T00:00:00.000001Z';
  beforeAll(async () => {
    await seedAttempts(
      stage.db.database,
      ['a', 'b'].map((chip_id) => ({
        lot_id: 'END',
        chip_id,
        product: 'END',
        result: 'pass' as const,
        occurred_at: '2026-06-01T00:00:00Z',
      })),
    );
    await stage.db.database.query(
      `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit)
       SELECT a.occurred_at, a.inspection_id, a.event_id, v.name, v.value, v.unit
         FROM inspection_attempts a JOIN inspections i ON i.id = a.inspection_id,
              (VALUES ('depth', 'a', 45, 'nm'), ('depth', 'b', 0.046, 'um'), ('gap', 'a', 45, 'nm'), ('gap', 'b', 46, 'nm')) AS v (name, chip, value, unit)
        WHERE a.product = 'END' AND i.chip_id = v.chip`,
    );
    await store({ name: 'depth', product: 'END', valid_from: begin, unit: 'nm' });
    await store({ name: 'gap', product: 'END', valid_from: '2026-01-01T00:00:00Z', unit: 'nm', lsl: 40, usl: 50 });
    await store({ name: 'gap', product: 'END', valid_from: begin, unit: 'nm', lsl: 45, usl: 47 });
  });

  it('is before a unit that begins there', async () => {
    const spc = (to: string) => stage.app.get(`/v1/spc?parameter=depth&chart=imr&product=END&to=${to}`);
    expect((await spc(begin)).status).toBe(400);
    expect((await spc(after)).status).toBe(200);
  });

  it('is before limits that begin there', async () => {
    const limits = async (query: string) => {
      const { body } = await stage.app.get<{ parameters: { parameter: string; lsl: number; usl: number }[] }>(
        `/v1/capabilities?product=END${query}`,
      );
      const { lsl, usl } = body.parameters.find(({ parameter }) => parameter === 'gap')!;
      return [lsl, usl];
    };
    expect(await limits(`&to=${begin}`)).toEqual([40, 50]);
    expect(await limits(`&to=${after}`)).toEqual([45, 47]);
    expect(await limits('')).toEqual([45, 47]);
  });
});
