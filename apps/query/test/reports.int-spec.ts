import { createHash } from 'node:crypto';
import { createKey } from '@chip/persistence';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, openStage, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

interface Section {
  title: string;
  route: string;
  parameters: Record<string, string>;
  answer?: Record<string, unknown>;
  problem?: { code: string };
}
interface Report {
  id: string;
  name: string;
  sha256: string;
  intact: boolean;
  created_by: string;
  as_of: object;
  result: { as_of: object; sections: Section[] };
}

const change = { by: 'test', reason: 'a test' };
let stage: Stage;
let engineer: string;
let admin: string;
let ofSiteA: string;
let ofSiteB: string;
beforeAll(async () => {
  stage = await openStage({ AUTH_MODE: 'keys', DATABASE_POOL_MAX: 4 });
  const { database } = stage.db;
  const keyOf = async (role: 'engineer' | 'admin', sites: string[] | null) =>
    (
      await createKey(
        database,
        { name: role, role, scopes: ['audit:read'], sites, products: null, expires_at: null },
        change,
      )
    ).key;
  engineer = await keyOf('engineer', null);
  admin = await keyOf('admin', null);
  ofSiteA = await keyOf('engineer', ['A']);
  ofSiteB = await keyOf('engineer', ['B']);
  const unit = { site: 'A', lot_id: 'L', wafer_id: 'W', product: 'P', step: 's' };
  const ids = await seedAttempts(database, [
    { ...unit, chip_id: '1', die_x: 0, die_y: 0, hard_bin: 7, result: 'fail' },
    { ...unit, chip_id: '2', die_x: 1, die_y: 0, hard_bin: 1, result: 'pass' },
    { ...unit, chip_id: '3', die_x: 2, die_y: 0, hard_bin: 1, result: 'pass' },
    { ...unit, lot_id: 'MIXED', chip_id: '4', die_x: 2, die_y: 0, result: 'pass' },
    { ...unit, lot_id: 'MIXED', chip_id: '4', die_x: 2, die_y: 0, result: 'fail', inspection_type: 'electrical' },
  ]);
  await database.query(
    `INSERT INTO measurements (time, inspection_id, event_id, name, value)
     SELECT a.occurred_at, a.inspection_id, a.event_id, 'width', 10 + row_number() OVER (ORDER BY i.chip_id)
       FROM inspection_attempts a JOIN inspections i ON i.id = a.inspection_id`,
  );
  await database.query(
    `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um)
     SELECT inspection_id, event_id, 0, occurred_at, '<script>alert(1)</script>', 1, 2 FROM inspection_attempts WHERE inspection_id = $1`,
    [ids[0]!],
  );
});
afterAll(() => stage.end());

const call = <T = Report>(key: string, path: string, init: RequestInit = {}): Promise<Answer<T>> =>
  stage.app.get<T>(path, { ...init, headers: { authorization: `Bearer ${key}`, ...(init.headers as object) } });
const post = <T = Report>(key: string, body: object): Promise<Answer<T>> =>
  call<T>(key, '/v1/reports', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const LOT = {
  name: 'Review <of> L',
  reason: 'complaint 4711',
  site: 'A',
  lot_id: 'L',
  charts: [{ chart: 'imr', parameter: 'width' }],
};

describe('a report', () => {
  it('answers every section as its route does, from one snapshot', async () => {
    const created = await post(engineer, LOT);
    expect([created.status, created.headers.get('location')]).toEqual([201, `/v1/reports/${created.body.id}`]);
    const { result, as_of } = created.body;
    expect(result.sections.map(({ route }) => route)).toEqual([
      '/v1/yield',
      '/v1/yield',
      '/v1/defects/pareto',
      '/v1/bins/pareto',
      '/v1/lots/L/map',
      '/v1/spc',
    ]);
    for (const { route, parameters, answer } of result.sections) {
      const asked = await call<Record<string, unknown>>(engineer, `${route}?${new URLSearchParams(parameters)}`);
      expect([route, answer]).toEqual([route, asked.body]);
      expect(answer!['as_of']).toEqual(as_of);
    }
    expect(result.sections[0]!.answer).toMatchObject({ totals: { units: 3, passed: 2 }, groups: [{ key: 'W' }] });
  });

  it('is found again unchanged, with the SHA-256 of its text', async () => {
    const { body: created } = await post(engineer, LOT);
    const { body } = await call(engineer, `/v1/reports/${created.id}`);
    expect(body).toEqual(created);
    expect(body.intact).toBe(true);
    expect(createHash('sha256').update(JSON.stringify(body.result)).digest('hex')).toBe(body.sha256);
    // Later events change the routes, not the report.
    await seedAttempts(stage.db.database, [
      { site: 'A', lot_id: 'L', chip_id: '9', wafer_id: 'W', product: 'P', step: 's', result: 'fail' },
    ]);
    expect((await call(engineer, `/v1/reports/${created.id}`)).body).toEqual(created);
    const page = await call<{ items: { id: string; result?: unknown }[] }>(engineer, '/v1/reports?lot_id=L&limit=1');
    expect(page.body.items).toEqual([expect.objectContaining({ id: created.id, sha256: created.sha256 })]);
    expect(page.body.items[0]!.result).toBeUndefined();
  });

  it('cannot be changed or removed, and a forged text shows', async () => {
    const { body } = await post(engineer, LOT);
    const { database } = stage.db;
    const id = [body.id];
    await expect(database.query(`UPDATE reports SET name = 'x' WHERE id = $1`, id)).rejects.toThrow(/append-only/);
    await expect(database.query('DELETE FROM reports WHERE id = $1', id)).rejects.toThrow(/append-only/);
    await database.query('ALTER TABLE reports DISABLE TRIGGER immutable');
    await database.query(
      `UPDATE reports SET result = replace(result::text, '"units":', '"units": ')::json WHERE id = $1`,
      id,
    );
    await database.query('ALTER TABLE reports ENABLE TRIGGER immutable');
    expect((await call(engineer, `/v1/reports/${body.id}`)).body.intact).toBe(false);
    const page = await call<string>(engineer, `/v1/reports/${body.id}`, { headers: { accept: 'text/html' } });
    expect(page.body).toContain('it was changed');
  });

  it('says why a section has no answer', async () => {
    const { body, status } = await post(engineer, {
      ...LOT,
      lot_id: 'MIXED',
      charts: [{ chart: 'imr', parameter: 'width' }],
    });
    expect(status).toBe(201);
    const refused = body.result.sections.filter(({ problem }) => problem !== undefined);
    expect(refused.map(({ route, problem }) => [route, problem!.code])).toEqual([
      ['/v1/lots/MIXED/map', 'ambiguous_type'],
      ['/v1/spc', 'ambiguous_parameter'],
    ]);
    expect(refused.every(({ answer }) => answer === undefined)).toBe(true);
  });

  it('is on the audit trail with its author, reason and SHA-256', async () => {
    const { body } = await post(engineer, LOT);
    const { body: audit } = await call<{ items: Record<string, unknown>[] }>(admin, '/v1/audit?limit=1');
    expect(audit.items[0]).toMatchObject({
      action: 'report.create',
      subject: `report:${body.id}`,
      reason: 'complaint 4711',
      actor: body.created_by,
      new_value: { sha256: body.sha256 },
    });
  });

  it('refuses what it does not know, by name', async () => {
    const bad = await post<{ code: string; errors: { parameter: string }[] }>(engineer, {
      ...LOT,
      charts: [{ chart: 'imr' }, { chart: 'p', parameter: 'width' }],
      colour: 1,
    });
    expect([bad.status, bad.body.code]).toEqual([400, 'invalid_body']);
    expect(bad.body.errors.map(({ parameter }) => parameter).sort()).toEqual([
      '/charts/0/parameter',
      '/charts/1/parameter',
      '/colour',
    ]);
    expect((await call(engineer, '/v1/reports/0d6a2d1c-8a4e-4c43-9d53-0f8f4a3b2c11')).status).toBe(404);
  });
});

describe('the page of a report', () => {
  it('prints alone: no script, nothing from elsewhere, every name escaped', async () => {
    const { body } = await post(engineer, LOT);
    const page = await call<string>(engineer, `/v1/reports/${body.id}`, {
      headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
    });
    expect(page.type).toMatch(/^text\/html/);
    expect(page.headers.get('vary')).toContain('accept');
    expect(page.body).toContain('<h1>Review &lt;of&gt; L</h1>');
    expect(page.body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page.body).not.toMatch(/<script|<link|<img|src=|href=| style=/);
    expect(page.body).toContain(body.sha256);
    expect(page.body.match(/<svg/g)).toHaveLength(4);
    const [, style] = /<style>([^]*?)<\/style>/.exec(page.body)!;
    const digest = createHash('sha256').update(style!).digest('base64');
    expect(page.headers.get('content-security-policy')).toContain(`style-src 'sha256-${digest}'`);
  });
});

describe('a caller with limits', () => {
  it('makes and sees reports of its own site alone', async () => {
    const everything = await post(engineer, { name: 'all sites', reason: 'r' });
    const own = await post(ofSiteA, LOT);
    expect([everything.status, own.status]).toEqual([201, 201]);
    expect((await post(ofSiteA, { name: 'no site', reason: 'r' })).status).toBe(403);
    const idsOf = async (key: string): Promise<string[]> =>
      (await call<{ items: { id: string }[] }>(key, '/v1/reports?limit=500')).body.items.map(({ id }) => id);
    expect(await idsOf(ofSiteA)).toContain(own.body.id);
    expect(await idsOf(ofSiteA)).not.toContain(everything.body.id);
    expect(await idsOf(ofSiteB)).toEqual([]);
    expect((await call(ofSiteB, `/v1/reports/${own.body.id}`)).status).toBe(404);
    expect((await call(ofSiteA, `/v1/reports/${everything.body.id}`)).status).toBe(404);
  });
});
