import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts, type SeedAttempt } from './seed.ts';

interface Names {
  items: {
    name: string;
    first_seen: string;
    last_seen: string;
    typical_interval_seconds?: number | null;
    is_silent?: boolean | null;
  }[];
  next_cursor: string | null;
  covered?: { from: string; to: string } | null;
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());
const get = async (path: string): Promise<Names> => {
  const { status, body } = await stage.app.get<Names>(path);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body;
};
const ROUTES = ['equipment', 'products', 'steps', 'recipes', 'metrics'];

it.each(ROUTES)('%s of an empty database are an empty list', async (route) => {
  expect(await get(`/v1/${route}`)).toMatchObject({ items: [], next_cursor: null });
});

describe('of attempts', () => {
  beforeAll(async () => {
    const now = Date.now();
    const run = (equipment_id: string, minutesAgo: readonly number[], more: Partial<SeedAttempt>): SeedAttempt[] =>
      minutesAgo.map((minutes, i) => ({
        lot_id: 'L',
        chip_id: `${equipment_id}-${i}`,
        equipment_id,
        result: 'pass',
        occurred_at: new Date(now - minutes * 60_000).toISOString(),
        ...more,
      }));
    await seedAttempts(stage.db.database, [
      ...run('AOI-1', [4, 3, 2, 1], { product: 'P1', step: 'etch' }),
      ...run('AOI-2', [1003, 1002, 1001, 1000], { product: 'P2', step: 'litho' }),
      // A prober completes the dice of a wafer within seconds, then loads the next wafer.
      ...run('PRB-1', [10.003, 10.002, 10.001, 10], { product: 'P1', step: 'etch' }),
      ...run('AOI-3', [7], { product: 'P1', step: 'etch' }),
      ...run('OLD', [200 * 24 * 60], { product: 'P3', step: 'gone' }),
      { lot_id: 'L', chip_id: 'nameless', result: 'pass', occurred_at: new Date(now).toISOString() },
      { lot_id: 'L', chip_id: 'x', equipment_id: 'NEVER-DONE', status: 'in_progress', attempt: 1, completed_at: null },
    ]);
    await stage.db.database.query(
      `UPDATE inspection_attempts SET recipe = 'R' || equipment_id WHERE equipment_id LIKE 'AOI%'`,
    );
    await stage.db.database.query(
      `INSERT INTO metrics_delta VALUES ('2026-03-02T08:00:00Z', 's', 'temperature', NULL, 1, 1, 1, 1), ('2026-03-05T09:00:00Z', 's', 'temperature', NULL, 1, 1, 1, 1),
         ('2026-03-02T08:00:00Z', 's', 'pressure', NULL, 1, 1, 1, 1)`,
    );
    await stage.db.database.query('SELECT fold_metrics()');
  });
  const names = async (path: string) => (await get(path)).items.map(({ name }) => name);

  it('equipment with its interval, and whether it is silent', async () => {
    const { items } = await get('/v1/equipment');
    expect(items.map((e) => [e.name, e.typical_interval_seconds, e.is_silent])).toEqual([
      ['AOI-1', 60, false],
      ['AOI-2', 60, true],
      ['AOI-3', null, null],
      ['OLD', null, null],
      ['PRB-1', expect.closeTo(0.06, 3), false],
    ]);
    expect(items[1]!.first_seen < items[1]!.last_seen).toBe(true);
  });

  it('products, steps, recipes and metrics by name', async () => {
    expect(await names('/v1/products')).toEqual(['P1', 'P2', 'P3']);
    expect(await names('/v1/recipes')).toEqual(['RAOI-1', 'RAOI-2', 'RAOI-3']);
    expect(
      (await get('/v1/metrics')).items.map((m) => [m.name, m.first_seen.slice(0, 10), m.last_seen.slice(0, 10)]),
    ).toEqual([
      ['pressure', '2026-03-02', '2026-03-02'],
      ['temperature', '2026-03-02', '2026-03-05'],
    ]);
  });

  it('steps of the last 90 days, or of the requested range', async () => {
    expect(await names('/v1/steps')).toEqual(['etch', 'litho']);
    const all = await get('/v1/steps?from=2020-01-01T00:00:00Z');
    expect([all.items.map(({ name }) => name), all.covered!.from.slice(0, 10)]).toEqual([
      ['etch', 'gone', 'litho'],
      '2020-01-01',
    ]);
  });

  it.each(ROUTES)('%s in pages are all of them, once each', async (route) => {
    const whole = await names(`/v1/${route}`);
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Names = await get(`/v1/${route}?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      expect(page.items.length).toBeLessThanOrEqual(1);
      paged.push(...page.items.map(({ name }) => name));
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(whole);
  });

  it.each(['x', 'MXwyMDI2', Buffer.from('n1|a\0b').toString('base64url')])('cursor %s is refused', async (cursor) => {
    const { status, body } = await stage.app.get<{ code: string }>(`/v1/products?cursor=${cursor}`);
    expect([status, body.code]).toEqual([400, 'invalid_cursor']);
  });
});
