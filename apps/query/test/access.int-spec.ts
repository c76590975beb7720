import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKey, type NewKey, revokeKey, rotateKey, verifyAudit } from '@chip/persistence';
import { waitFor } from '@chip/testing';
import { type OpenAPIObject } from '@nestjs/swagger';
import { type Answer, openStage, QueryApp, type Stage } from './query-app.ts';
import { BODIES } from './request-bodies.ts';
import { packMeasurements, seedAttempts, sumUpDays } from './seed.ts';

/** Texts found only in rows of the other site, and only in rows of the other product. */
const OTHER_SITE = 'OTHER-SITE-7f3a';
const OTHER_PRODUCT = 'OTHER-PRODUCT-7f3a';
const WINDOW = 'from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z';
const change = { by: 'test', reason: 'a test' };
/** Of the samples behind frozen limits, as stored. */
const EXCLUSIONS = JSON.stringify([
  {
    index: 3,
    key: OTHER_PRODUCT,
    site: OTHER_SITE,
    lot_id: OTHER_PRODUCT,
    first_at: '2026-03-02T08:00:00Z',
    reason: `${OTHER_SITE}: ${OTHER_PRODUCT} was measured twice`,
  },
]);

let stage: Stage;
let second: QueryApp;
let document: OpenAPIObject;
let ids: string[];
const keyOf = async (rights: Partial<NewKey> = {}): Promise<{ key: string; prefix: string }> =>
  createKey(
    stage.db.database,
    { name: 'test', role: 'viewer', scopes: [], sites: null, products: null, expires_at: null, ...rights },
    change,
  );
const call = (key: string | undefined, path: string, init: RequestInit = {}, app = stage.app): Promise<Answer> =>
  app.get(path, {
    ...init,
    headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...(init.headers as object) },
  });

beforeAll(async () => {
  stage = await openStage({ AUTH_MODE: 'keys', DATABASE_POOL_MAX: 6 });
  second = await QueryApp.start(stage.db.url, { AUTH_MODE: 'keys' });
  document = (await stage.app.get<OpenAPIObject>('/openapi.json')).body;
  const unit = {
    wafer_id: 'W',
    die_x: 1,
    die_y: 2,
    hard_bin: 1,
    inspected_area_cm2: 2,
    occurred_at: '2026-03-02T08:00:00Z',
  };
  ids = await seedAttempts(stage.db.database, [
    { ...unit, site: 'own', lot_id: 'L', chip_id: '1', result: 'fail', product: 'P', equipment_id: 'E', step: 's' },
    { ...unit, site: 'own', lot_id: 'L', chip_id: '2', result: 'pass', product: 'P', equipment_id: 'E', step: 's' },
    // The same lot name at another site, and another product in a lot of our own site.
    {
      ...unit,
      site: OTHER_SITE,
      lot_id: 'L',
      chip_id: OTHER_SITE,
      result: 'fail',
      product: OTHER_SITE,
      equipment_id: OTHER_SITE,
      step: OTHER_SITE,
      metadata: { m: OTHER_SITE },
    },
    { ...unit, site: OTHER_SITE, lot_id: OTHER_SITE, chip_id: '9', result: 'fail', product: 'P', equipment_id: 'E9' },
    {
      ...unit,
      site: 'own',
      lot_id: 'MIXED',
      chip_id: OTHER_PRODUCT,
      result: 'fail',
      product: OTHER_PRODUCT,
      equipment_id: OTHER_PRODUCT,
      wafer_id: OTHER_PRODUCT,
    },
    { ...unit, site: 'own', lot_id: 'MIXED', chip_id: '3', result: 'pass', product: 'P', equipment_id: 'E' },
  ]);
  const { database } = stage.db;
  // In both forms of stored measurements: the first ones are packed.
  for (const name of ['width', 'height']) {
    await packMeasurements(database);
    await database.query(
      `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit)
       SELECT occurred_at, inspection_id, event_id, $1, 1.5, 'nm' FROM inspection_attempts`,
      [name],
    );
  }
  await database.query(
    `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um)
     SELECT inspection_id, event_id, 0, occurred_at, coalesce(nullif(product, 'P'), 'scratch'), 1, 2 FROM inspection_attempts`,
  );
  await sumUpDays(stage.db.url);
  await database.query(
    `INSERT INTO wafers (id, lot_id, wafer_id) SELECT gen_random_uuid(), lot_id, wafer_id FROM inspections GROUP BY 2, 3`,
  );
  await database.query(
    `INSERT INTO parts (id, lot_id, chip_id) SELECT gen_random_uuid(), lot_id, chip_id FROM inspections GROUP BY 2, 3`,
  );
  // Entries of the other site and product, and one of every site under the id that the walk asks for.
  for (const [id, site, product] of [
    [ids[0]!, '', ''],
    [ids[1]!, OTHER_SITE, ''],
    [ids[2]!, '', OTHER_PRODUCT],
  ]) {
    await database.query(
      `INSERT INTO parameters (id, name, site, product, valid_from, unit, reason, created_by) VALUES ($1, 'depth', $2, $3, '2026-01-01', 'nm', 'r', 'me')`,
      [id!, site!, product!],
    );
    await database.query(
      `INSERT INTO control_limits (id, parameter, chart, subgroup, version, site, product, settings, centre, sigma, exclusions, definition, definition_id, reason, author)
       VALUES ($1, 'depth', 'imr', '1', 1, $2, $3, '{"policy":"last","break_at":null,"sigma_method":null,"lambda":null,"l":null,"k":null,"h":null}', 1, 1, $4, 'd', 'spc.imr/2', 'r', 'me')`,
      [id!, site!, product!, EXCLUSIONS],
    );
    await database.query(
      `INSERT INTO annotations (id, parameter, site, product, begins_at, note, author) VALUES ($1, 'depth', $2, $3, '2026-03-02', 'n', 'me')`,
      [id!, site!, product!],
    );
  }
  await database.query(
    `INSERT INTO production_calendars (site, valid_from, time_zone, day_start, shifts, reason, created_by) VALUES ($1, '2026-01-01', 'UTC', '00:00', '[]', 'r', 'me')`,
    [OTHER_SITE],
  );
  await database.query(
    `INSERT INTO wafer_geometries (product, valid_from, diameter_mm, pitch_x_mm, pitch_y_mm, centre_x, centre_y, offset_x_mm, offset_y_mm,
       notch, x_axis, y_axis, edge_exclusion_mm, rings, reason, created_by)
     VALUES ($1, '2026-01-01', 100, 5, 4, 0, 0, 0, 0, 'bottom', 'right', 'up', 3, 3, 'r', 'me')`,
    [OTHER_PRODUCT],
  );
  await database.query(
    `INSERT INTO metrics_delta (bucket, service_name, metric_name, sum_value, sample_count, min_value, max_value)
     VALUES ('2026-03-02T08:00:00Z', $1, 'm', 10, 4, 1, 4)`,
    [OTHER_SITE],
  );
});
afterAll(async () => {
  await second.stop();
  await stage.end();
});

/** Values for the parameters that the document requires; a missing one fails the walk below. */
const VALUES: Readonly<Record<string, string>> = {
  id: '',
  lot_id: 'L',
  chip_id: '1',
  wafer_id: 'W',
  equipment_id: 'E',
  metric_name: 'm',
  parameter: 'width',
  chart: 'imr',
  product: 'P',
  from: '2026-03-01T00:00:00Z',
  to: '2026-04-01T00:00:00Z',
  topic: 'telemetry.samples.v1',
  partition: '0',
  offset: '0',
};
/** Queries without which a route refuses the data stored here. */
const QUERIES: Readonly<Record<string, string>> = {
  '/v1/lots/{lot_id}': 'site=own',
  '/v1/lots/{lot_id}/parts/{chip_id}': 'site=own',
  '/v1/lots/{lot_id}/map': 'site=own',
  '/v1/lots/{lot_id}/maps': 'site=own',
  '/v1/lots/{lot_id}/wafers/{wafer_id}/map': 'site=own',
  '/v1/lots/{lot_id}/wafers/{wafer_id}/defects': 'site=own',
  '/v1/events': 'seconds=0',
  '/v1/lots/{lot_id}/map.svg': 'site=own',
  '/v1/lots/{lot_id}/map.png': 'site=own',
  '/v1/lots/{lot_id}/wafers/{wafer_id}/map.svg': 'site=own',
  '/v1/lots/{lot_id}/wafers/{wafer_id}/map.png': 'site=own',
  '/v1/map': 'site=own&mix=yes',
  '/v1/map.svg': 'site=own&mix=yes',
  '/v1/map.png': 'site=own&mix=yes',
  '/v1/yield/limits': 'mix=yes',
  '/v1/tests/pareto': 'site=own&mix=yes',
  '/v1/spc': 'parameter=width&mix=yes',
  '/v1/capability': 'mix=yes',
  '/v1/yield/models': 'yield=0.5',
};
interface Operation {
  parameters?: { name: string; in: string; required?: boolean }[];
  security?: object[];
  responses: Record<string, unknown>;
  'x-right'?: string;
}
interface Route {
  readonly name: string;
  readonly operation: Operation;
  readonly url: string;
  readonly init: RequestInit;
}
/** Every operation of the document as a request that succeeds. */
function everyRoute(): Route[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) => {
      const valueOf = (name: string): string => (name === 'id' ? (ids[0] as string) : (VALUES[name] as string));
      const required = (operation.parameters ?? []).filter(
        (parameter) => parameter.required && parameter.in === 'query',
      );
      const query = [
        ...required.map(({ name }) => `${name}=${encodeURIComponent(valueOf(name))}`),
        ...(QUERIES[path] === undefined ? [] : [QUERIES[path]]),
      ].join('&');
      const url =
        path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => valueOf(name)) + (query === '' ? '' : `?${query}`);
      const body = method === 'get' ? undefined : (BODIES[path] ?? {});
      return {
        name: `${method} ${path}`,
        operation,
        url,
        init: {
          method: method.toUpperCase(),
          ...(body === undefined
            ? {}
            : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        },
      };
    }),
  );
}
const PUBLIC = ['get /health/live', 'get /health/ready'];
/** What a caller with the right gets although nothing is stored for these routes here. */
const WITHOUT_DATA: Readonly<Record<string, number>> = {
  'post /v1/reports': 400,
  'get /v1/reports/{id}': 404,
  'get /v1/dead-letters/{topic}/{partition}/{offset}': 404,
  'get /v1/dead-letters/replays/{id}': 404,
  // This service has no brokers, and replays are off.
  'post /v1/dead-letters/dry-run': 503,
  'post /v1/dead-letters/replays': 403,
};
const guarded = (): Route[] => everyRoute().filter(({ name }) => !PUBLIC.includes(name));

describe('every route of the document', () => {
  it('requires a caller, except for health', async () => {
    const routes = guarded();
    expect(routes.length).toBe(everyRoute().length - PUBLIC.length);
    expect(routes.length).toBeGreaterThan(25);
    const wrong = `chip_0123456789_${'A'.repeat(43)}`;
    const { key: right } = await keyOf();
    const refuse = async ({ name, url, init }: Route, key: string | undefined): Promise<void> => {
      const { status, body, headers } = await call(key, url, init);
      expect([name, status, body['code'], headers.get('www-authenticate')]).toEqual([
        name,
        401,
        'unauthenticated',
        'Bearer realm="chip-quality"',
      ]);
    };
    // At the same time, because refusals are paced and keys read again at most every so often.
    await Promise.all(
      routes.flatMap((route) => {
        expect(route.operation).toMatchObject({
          security: expect.any(Array),
          responses: { 401: {}, 403: {}, 429: {} },
        });
        return [undefined, wrong, `${right.slice(0, -1)}~`, 'nonsense'].map((key) => refuse(route, key));
      }),
    );
    for (const path of ['/health/live', '/health/ready', '/openapi.json', '/docs']) {
      expect([path, (await call(undefined, path)).status]).toEqual([path, 200]);
    }
  }, 240_000);

  it('answers roles that have its right, and tells others which right is missing', async () => {
    const keys = {
      viewer: (await keyOf({ role: 'viewer' })).key,
      engineer: (await keyOf({ role: 'engineer' })).key,
      machine: (await keyOf({ role: 'machine' })).key,
      exporter: (await keyOf({ role: 'viewer', scopes: ['export:raw'] })).key,
      auditor: (await keyOf({ role: 'viewer', scopes: ['audit:read'] })).key,
      admin: (await keyOf({ role: 'admin' })).key,
    };
    const allowed: Readonly<Record<string, (keyof typeof keys)[]>> = {
      read: ['viewer', 'engineer', 'exporter', 'auditor', 'admin'],
      operation: ['viewer', 'engineer', 'exporter', 'auditor', 'admin'],
      evaluate: ['viewer', 'engineer', 'machine', 'exporter', 'auditor', 'admin'],
      schedule: ['engineer', 'machine', 'admin'],
      change: ['engineer', 'admin'],
      export: ['exporter', 'admin'],
      audit: ['auditor', 'admin'],
      letters: ['engineer', 'admin'],
    };
    const seen = new Set<string>();
    for (const { name, url, init, operation } of guarded()) {
      const right = operation['x-right'] as string;
      seen.add(right);
      for (const [role, key] of Object.entries(keys) as [keyof typeof keys, string][]) {
        const { status, body } = await call(key, url, init);
        if (allowed[right]?.includes(role)) {
          // 409: an earlier role scheduled the same inspection.
          const ok = [200, 201, 409, WITHOUT_DATA[name]];
          expect([name, role, ok.includes(status), status]).toEqual([name, role, true, status]);
        } else {
          expect([name, role, status, body['code']]).toEqual([name, role, 403, 'forbidden']);
          expect(body['detail']).toMatch(/role|scope|right/);
        }
      }
    }
    expect([...seen].sort()).toEqual([
      'audit',
      'change',
      'evaluate',
      'export',
      'letters',
      'operation',
      'read',
      'schedule',
    ]);
  }, 240_000);

  it.each([
    ['site', { sites: ['own'], products: null }, [OTHER_SITE]],
    ['product', { sites: null, products: ['P'] }, [OTHER_PRODUCT]],
    ['site and product', { sites: ['own'], products: ['P'] }, [OTHER_SITE, OTHER_PRODUCT]],
    ['a site that has nothing', { sites: ['none'], products: null }, [OTHER_SITE, OTHER_PRODUCT, 'MIXED']],
    ['no site at all', { sites: [], products: null }, [OTHER_SITE, OTHER_PRODUCT, 'MIXED']],
  ])(
    'shows a caller limited by %s nothing beyond its limits',
    async (kind, limits, hidden) => {
      const { key } = await keyOf({ role: 'admin', ...limits });
      const answered: string[] = [];
      for (const { name, url, init } of guarded().filter(({ init: { method } }) => method === 'GET')) {
        // Also without optional filters.
        for (const asked of new Set([url, url.replace('site=own', '')])) {
          const { status, body } = await call(key, asked, init);
          const text = JSON.stringify(body);
          expect([asked, [200, 400, 403, 404].includes(status), status]).toEqual([asked, true, status]);
          expect([asked, hidden.filter((name) => text.includes(name))]).toEqual([asked, []]);
          if (status === 200) {
            answered.push(name);
          }
        }
      }
      if (kind === 'site' || kind === 'product') {
        const expected = [
          '/v1/inspections',
          '/v1/inspections/{id}',
          '/v1/lots',
          '/v1/lots/{lot_id}',
          '/v1/lots/{lot_id}/wafers/{wafer_id}/map',
          '/v1/yield',
          '/v1/spc',
          '/v1/defects/pareto',
          '/v1/export/inspections',
          '/v1/export/measurements',
          '/v1/parameters',
          '/v1/control-limits',
          '/v1/annotations',
          '/v1/lots/{lot_id}/wafers/{wafer_id}/defects',
          '/v1/map.svg',
          '/v1/capabilities',
          '/v1/yield/limits',
        ];
        expect(expected.filter((path) => !answered.includes(`get ${path}`))).toEqual([]);
      }
      // Data without a site are refused as a whole.
      const telemetry = await call(key, `/v1/telemetry/summary?${WINDOW}&metric_name=m`);
      expect([telemetry.status, telemetry.body['code']]).toEqual([403, 'forbidden']);
      expect((await call(key, '/v1/pipeline')).status).toBe(403);
      expect((await call(key, '/v1/audit/verify')).status).toBe(403);
    },
    240_000,
  );

  it('shows limits of every site and product, but no names of samples behind them to whom these may not belong', async () => {
    const [named] = JSON.parse(EXCLUSIONS) as object[];
    const nameless = { ...named, key: null, site: null, lot_id: null, reason: null };
    // The first are limits of every site and product, the others of one site and of one product.
    for (const [rights, shown] of [
      [{}, [named, named, named]],
      [{ sites: [OTHER_SITE] }, [nameless, named]],
      [{ products: [OTHER_PRODUCT] }, [nameless, nameless, named]],
      [{ sites: [OTHER_SITE], products: [OTHER_PRODUCT] }, [nameless, nameless]],
    ] as const) {
      const { key } = await keyOf(rights);
      const { body } = await call(key, '/v1/control-limits?parameter=depth');
      const items = body['items'] as { id: string; exclusions: object[] }[];
      const inOrder = ids.slice(0, 3).flatMap((id) => items.find((item) => item.id === id) ?? []);
      expect([rights, inOrder.flatMap(({ exclusions }) => exclusions)]).toEqual([rights, shown]);
      for (const { id, exclusions } of inOrder) {
        expect((await call(key, `/v1/control-limits/${id}`)).body['exclusions']).toEqual(exclusions);
      }
    }
  });

  it('counts exactly the rows that a filter would', async () => {
    const all = (await keyOf()).key;
    const own = (await keyOf({ sites: ['own'] })).key;
    const product = (await keyOf({ products: ['P'] })).key;
    for (const [path, key, filter] of [
      ['/v1/yield?group_by=equipment', own, 'site=own'],
      ['/v1/yield?group_by=wafer', own, 'site=own'],
      ['/v1/defects/pareto?by=class', own, 'site=own'],
      ['/v1/bins/pareto?bin=hard', own, 'site=own'],
      ['/v1/equipment/compare?policy=last', own, 'site=own'],
      ['/v1/inspections?limit=100', own, 'site=own'],
      [`/v1/yield?group_by=lot&as_at=${new Date(Date.now() - 60_000).toISOString()}`, own, 'site=own'],
      ['/v1/yield?group_by=day', product, 'product=P'],
      ['/v1/defects/density?group_by=lot', product, 'product=P'],
      ['/v1/inspections?limit=100', product, 'product=P'],
    ] as const) {
      const [limited, filtered] = await Promise.all([call(key, path), call(all, `${path}&${filter}`)]);
      expect([path, limited.status, limited.body]).toEqual([path, 200, filtered.body]);
    }
    expect((await call(own, `/v1/inspections/${ids[2]}`)).status).toBe(404);
    expect((await call(own, `/v1/inspections/${ids[0]}`)).status).toBe(200);
  });

  it('counts attempts of its product, also of units whose last attempt names another or none', async () => {
    const unit = {
      site: 'own',
      lot_id: 'RENAMED',
      wafer_id: 'R',
      equipment_id: 'E-R',
      product: 'P-R',
      result: 'pass',
    } as const;
    const at = (hour: number) => ({ occurred_at: `2026-05-0${hour}T08:00:00Z` });
    await seedAttempts(stage.db.database, [
      { ...unit, ...at(1), chip_id: '1' },
      { ...unit, ...at(2), chip_id: '2' },
      { ...unit, ...at(3), chip_id: '3' },
      { site: 'own', lot_id: 'RENAMED', ...at(4), chip_id: '2', result: 'fail' },
      { ...unit, ...at(5), lot_id: 'GONE', chip_id: '4' },
      { site: 'own', lot_id: 'GONE', ...at(6), chip_id: '4', result: 'fail' },
      // Of a unit with a hidden attempt of another type.
      { ...unit, ...at(7), chip_id: '2', inspection_type: 'electrical', equipment_id: 'E-R2' },
    ]);
    await stage.db.database.query(
      `INSERT INTO measurements (time, inspection_id, event_id, name, value)
       SELECT occurred_at, inspection_id, event_id, 'renamed', 1 FROM inspection_attempts WHERE equipment_id = 'E-R'`,
    );
    const { key } = await keyOf({ products: ['P-R'], scopes: ['export:raw'] });
    const ask = async <T>(path: string): Promise<T> => (await call(key, path)).body as T;
    interface Units {
      items: { chip_id: string }[];
      next_cursor: string | null;
    }
    const page = await ask<Units>('/v1/equipment/E-R/units?limit=2');
    const rest = await ask<Units>(`/v1/equipment/E-R/units?limit=2&cursor=${page.next_cursor}`);
    expect([...page.items, ...rest.items].map(({ chip_id }) => chip_id)).toEqual(['4', '3', '2', '1']);
    const lots = await ask<{ items: { lot_id: string }[] }>('/v1/lots');
    expect(lots.items.map(({ lot_id }) => lot_id).sort()).toEqual(['GONE', 'RENAMED']);
    const { groups } = await ask<{ groups: { key: string | null; units: number }[] }>('/v1/yield?group_by=lot');
    expect(groups.map((group) => [group.key, group.units])).toEqual([
      ['GONE', 1],
      ['RENAMED', 4],
    ]);
    const ofLot = await ask<{ totals: { units: number } }>('/v1/yield?lot_id=GONE');
    expect(ofLot.totals.units).toBe(1);
    const { samples } = await ask<{ samples: { key: string | null }[] }>('/v1/spc?chart=imr&parameter=renamed');
    expect(samples.map((sample) => sample.key)).toEqual(['1', '2', '3', '4']);
    const rolled = await ask<{ totals: { units: number; passed: number } }>('/v1/yield?kind=rolled_throughput');
    expect(rolled.totals).toMatchObject({ units: 4, passed: 4 });
    const asSql = await call(key, '/v1/yield?kind=rolled_throughput', { headers: { accept: 'application/sql' } });
    // Whoever runs it has an account of the database, which may not read the view of limited callers.
    expect(String(asSql.body).match(/\w+\.unit_names|FROM inspections n/g)).toEqual(['FROM inspections n']);
    for (const filter of ['', '&product=P-R', '&name=renamed']) {
      const lines = await ask<string>(`/v1/export/measurements?format=ndjson${filter}`);
      const chips = lines
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { chip_id: string }).chip_id);
      expect([filter, chips.sort()]).toEqual([filter, ['1', '2', '3', '4']]);
    }
    // The state of the unit is that of an attempt of another product.
    const { items } = await ask<{ items: { chip_id: string; inspection_type: string }[] }>(
      '/v1/inspections?lot_id=RENAMED',
    );
    expect(items.map((item) => `${item.chip_id} ${item.inspection_type}`).sort()).toEqual([
      '1 visual',
      '2 electrical',
      '3 visual',
    ]);
  });

  it('lets a limited caller write only within its limits', async () => {
    const { key } = await keyOf({ role: 'engineer', sites: ['own'], products: ['P'] });
    const schedule = (data: object) =>
      call(key, '/v1/inspections', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ lot_id: 'W', chip_id: 'c', inspection_type: 'visual', ...data }),
      });
    expect((await schedule({ product: 'P' })).body['errors']).toEqual([
      { parameter: '/site', message: 'is not allowed for this caller' },
    ]);
    expect((await schedule({ site: 'own', product: OTHER_PRODUCT })).status).toBe(403);
    expect((await schedule({ site: 'own', product: 'P' })).status).toBe(201);
    const specify = (data: object) =>
      call(key, '/v1/parameters', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'own', valid_from: '2026-01-01T00:00:00Z', reason: 'test', ...data }),
      });
    expect((await specify({ product: 'P' })).status).toBe(403);
    expect((await specify({ site: OTHER_SITE, product: 'P' })).status).toBe(403);
    expect((await specify({ site: 'own', product: 'P' })).status).toBe(200);
    const freeze = (data: object) =>
      call(key, '/v1/control-limits', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...BODIES['/v1/control-limits'], ...data }),
      });
    expect((await freeze({ site: 'own' })).status).toBe(403);
    expect((await freeze({ site: 'own', product: 'P' })).status).toBe(201);
  });
});

describe('health', () => {
  it('tells everyone whether, and no one why', async () => {
    const away = 'postgresql://chip_api:s3cret@127.0.0.1:1/chip_quality';
    for (const [mode, reason] of [
      ['none', expect.stringContaining('127.0.0.1:1')],
      ['keys', undefined],
    ] as const) {
      const app = await QueryApp.start(away, { AUTH_MODE: mode });
      try {
        const { status, body } = await call(undefined, '/health/ready', {}, app);
        const { checks } = body as { checks: Record<string, { state: string; reason?: string }> };
        expect([mode, status, checks['database']]).toEqual([
          mode,
          503,
          { state: 'down', ...(reason === undefined ? {} : { reason }) },
        ]);
      } finally {
        await app.stop();
      }
    }
  });
});

describe('a key', () => {
  it('that is revoked is refused on every instance within five seconds', async () => {
    const { key, prefix } = await keyOf();
    const statuses = async (): Promise<number[]> =>
      Promise.all([stage.app, second].map(async (app) => (await call(key, '/v1/yield', {}, app)).status));
    expect(await statuses()).toEqual([200, 200]);
    await revokeKey(stage.db.database, prefix, change);
    const revokedAt = performance.now();
    await waitFor(statuses, (seen) => seen.every((status) => status === 401));
    // Holds on an idle machine; on a busy one the requests themselves may take longer.
    expect(performance.now() - revokedAt).toBeLessThan(10_000);
    await expect(revokeKey(stage.db.database, prefix, change)).rejects.toMatchObject({ code: 'input_refused' });
  });

  it('that has expired is refused', async () => {
    const { key } = await keyOf({ expires_at: new Date(Date.now() - 1000).toISOString() });
    expect((await call(key, '/v1/yield')).status).toBe(401);
  });

  it('can be rotated: the new one works, and the old one until it expires', async () => {
    const old = await keyOf({ role: 'engineer', sites: ['own'] });
    const works = async (key: string): Promise<boolean> => (await call(key, '/v1/yield')).status === 200;
    expect(await works(old.key)).toBe(true);
    const next = await rotateKey(stage.db.database, old.prefix, 0, change);
    await waitFor(async () => (await works(next.key)) && !(await works(old.key)));
  });

  it('leaves its name in the audit trail, and its last use in the list', async () => {
    const { key, prefix } = await keyOf({ name: 'Auditor', role: 'admin' });
    expect((await call(key, '/v1/yield')).status).toBe(200);
    await call(key, '/v1/inspections', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ lot_id: 'A', chip_id: 'a', inspection_type: 'visual' }),
    });
    expect((await call(key, '/v1/export/inspections?lot_id=A')).status).toBe(200);
    const entries = await stage.db.database.query<{ action: string; subject: string }>(
      `SELECT action, subject FROM audit_log WHERE actor = $1 ORDER BY seq`,
      [`key:Auditor (${prefix})`],
    );
    expect(entries).toEqual([
      { action: 'inspection.create', subject: expect.stringMatching(/^inspection:/) },
      { action: 'export.start', subject: 'export:inspection' },
    ]);
    const made = await stage.db.database.query(
      `SELECT actor, action FROM audit_log WHERE stream = 'operator' AND subject = $1`,
      [`key:${prefix}`],
    );
    expect(made).toEqual([{ actor: 'test', action: 'key.create' }]);
    expect((await verifyAudit(stage.db.database)).every(({ broken }) => broken === null)).toBe(true);
  });

  it('is answered before the wrong ones of a flood, which are all refused', async () => {
    const { key } = await keyOf();
    const wrongAfterRight = async (): Promise<number> => {
      const order: string[] = [];
      const ask = async (name: string, credential: string): Promise<number> => {
        const { status } = await call(credential, '/v1/lots?limit=1');
        order.push(name);
        return status;
      };
      // Malformed, so that no read of the keys delays them.
      const wrong = Array.from({ length: 300 }, () => ask('wrong', 'chip_wrong'));
      await Promise.race(wrong);
      expect(await ask('right', key)).toBe(200);
      expect(new Set(await Promise.all(wrong))).toEqual(new Set([401]));
      return order.length - 1 - order.indexOf('right');
    };
    // On a machine that needs seconds to send them, they are no flood. In the order of their arrival it would be last each time.
    await waitFor(wrongAfterRight, (count) => count >= 100, { timeoutMs: 60_000 });
  }, 90_000);

  it('reaches the service while more wrong ones are sent than it holds, and does so on many connections', async () => {
    const { key } = await keyOf();
    const { hostname, port } = new URL(stage.app.url);
    const request = (credential: string): string =>
      `GET /v1/lots?limit=1 HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${credential}\r\n\r\n`;
    // Each connection sends on without waiting for its answer, so it is closed and keeps no one else out.
    let closed = 0;
    const floods = Array.from({ length: 800 }, () => {
      const socket = connect(Number(port), hostname, () => socket.write(request('chip_wrong').repeat(3)));
      return socket
        .on('error', () => undefined)
        .on('close', () => closed++)
        .resume();
    });
    await waitFor(
      () => closed,
      (count) => count >= 600,
    );
    expect((await call(key, '/v1/lots?limit=1')).status).toBe(200);
    floods.forEach((socket) => socket.destroy());
    // Once the held ones have left, a wrong one gets its answer again.
    await waitFor(
      async () => (await call('chip_wrong', '/v1/lots?limit=1')).status,
      (status) => status === 401,
    );
  });

  it('is rate-limited: too many requests of one class get 429, other classes and other keys still work', async () => {
    const app = await QueryApp.start(stage.db.url, {
      AUTH_MODE: 'keys',
      RATE_LIMITS: { light: 5, statistic: 2, export: 1, write: 1 },
    });
    try {
      const [one, other] = [(await keyOf()).key, (await keyOf()).key];
      expect((await call(other, '/v1/equipment/E/units', {}, app)).status).toBe(200);
      const statuses: number[] = [];
      for (let i = 0; i < 3; i++) {
        statuses.push((await call(one, '/v1/yield', {}, app)).status);
      }
      expect(statuses).toEqual([200, 200, 429]);
      const refused = await call(one, '/v1/yield', {}, app);
      expect(refused.body['code']).toBe('rate_limited');
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await call(one, '/v1/lots', {}, app)).status).toBe(200);
      expect((await call(other, '/v1/yield', {}, app)).status).toBe(200);
    } finally {
      await app.stop();
    }
  });
});
