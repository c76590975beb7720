/** Geometry of wafers, zones, stacks and pictures of maps. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Queryable } from '@chip/persistence';
import { dieCentre, grossDice } from '@chip/quality';
import { decode } from 'fast-png';
import fc from 'fast-check';
import { boundFigures, zoneOf } from '../src/geometries/zones.sql.ts';
import { diesByKind, diesByWafer } from '../src/maps/dies.sql.ts';
import { isTooManyToStack, MAX_STACKED } from '../src/maps/stacked-attempts.sql.ts';
import { MapsQuery } from '../src/maps/maps.query.ts';
import { SqlConditions } from '../src/sql/sql-conditions.ts';
import { openStage, type Stage } from './query-app.ts';
import { packMeasurements, seedAttempts, type SeedAttempt } from './seed.ts';

interface Refusal {
  code: string;
  errors?: { parameter: string; message: string }[];
}
interface Zone {
  zone: string;
  key: string | null;
  dies: number;
  tested: number;
  failed: number;
  yield: number;
  mean: number | null;
}
interface MapBody {
  definition: string;
  definition_id: string;
  unit: string | null;
  geometry: { product: string; gross_dice: number; diameter_mm: number; reticle: object | null } | null;
  zones?: Zone[];
  dies: [number, number, number | string | null, number?][];
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());

const get = async <T = MapBody>(path: string): Promise<T> => {
  const { status, body } = await stage.app.get<T>(path);
  expect([path, status, body]).toEqual([path, 200, expect.anything()]);
  return body;
};
const refused = async (path: string) => {
  const { status, body } = await stage.app.get<Refusal>(path);
  return [status, body.code, body.errors?.[0]?.parameter];
};
const put = <T = Record<string, unknown>>(body: object) =>
  stage.app.get<T>('/v1/wafer-geometries', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'mask set A', ...body }),
  });

const idOf = async (lot: string): Promise<string> =>
  (await stage.db.database.query<{ id: string }>('SELECT id FROM lots WHERE lot_id = $1', [lot]))[0]!.id;

/** A wafer of 100 mm with dice of 10 mm, the central one at (5, 5). */
const PRODUCT = {
  product: 'P',
  valid_from: '2026-01-01T00:00:00Z',
  diameter_mm: 100,
  pitch_x_mm: 10,
  pitch_y_mm: 10,
  centre_x: 5,
  centre_y: 5,
  edge_exclusion_mm: 2,
  rings: 2,
  reticle: { columns: 2, rows: 2, x: 5, y: 5 },
};

describe('a wafer geometry', () => {
  it('is a series of versions with its gross dice', async () => {
    const { status, body } = await put(PRODUCT);
    expect([status, body]).toMatchObject([
      200,
      { ...PRODUCT, notch: 'bottom', x_axis: 'right', y_axis: 'up', offset_x_mm: 0, gross_dice: 57, valid_to: null },
    ]);
    expect((await put(PRODUCT)).body).toEqual(body);
    const { items } = await get<{ items: object[] }>('/v1/wafer-geometries?product=P');
    expect(items).toEqual([body]);
    expect(await stage.db.database.query(`SELECT action FROM audit_log WHERE subject LIKE 'geometry:%'`)).toEqual([
      { action: 'geometry.create' },
    ]);
    const conflict = await put<Refusal>({ ...PRODUCT, rings: 4 });
    expect([conflict.status, conflict.body.code]).toEqual([409, 'version_conflict']);
  });

  it.each([
    [{ diameter_mm: undefined }, '/diameter_mm'],
    [{ pitch_x_mm: 101 }, '/pitch_x_mm'],
    [{ offset_y_mm: -11 }, '/offset_y_mm'],
    [{ edge_exclusion_mm: 50 }, '/edge_exclusion_mm'],
    [{ notch: 'north' }, '/notch'],
    [{ reticle: { columns: 2, rows: 2 } }, '/reticle/x'],
    [{ rings: 0 }, '/rings'],
    [{ withdraw: true }, '/diameter_mm'],
  ])('%j is refused at %s', async (changes, field) => {
    const { status, body } = await put<Refusal>({ ...PRODUCT, product: 'X', ...changes });
    expect([status, body.code, body.errors?.[0]?.parameter]).toEqual([400, 'invalid_body', field]);
  });
});

describe('zones', () => {
  it('are those of the geometry, whatever the orientation of the machine', async () => {
    // Micrometres, as drawings have them.
    const figure = (min: number, max: number) =>
      fc.integer({ min: min * 1000, max: max * 1000 }).map((um) => um / 1000);
    const geometries = fc.record({
      diameter_mm: figure(50, 300),
      pitch_x_mm: figure(2, 20),
      pitch_y_mm: figure(2, 20),
      centre_x: fc.integer({ min: -20, max: 20 }),
      centre_y: fc.integer({ min: -20, max: 20 }),
      offset_x_mm: figure(-2, 2),
      offset_y_mm: figure(-2, 2),
      notch: fc.constantFrom('bottom' as const, 'left' as const, 'top' as const, 'right' as const),
      x_axis: fc.constantFrom('right' as const, 'left' as const),
      y_axis: fc.constantFrom('up' as const, 'down' as const),
      edge_exclusion_mm: figure(0, 10),
      rings: fc.integer({ min: 1, max: 5 }),
      reticle: fc.option(
        fc.record({
          columns: fc.integer({ min: 1, max: 4 }),
          rows: fc.integer({ min: 1, max: 4 }),
          x: fc.integer({ min: -9, max: 9 }),
          y: fc.integer({ min: -9, max: 9 }),
        }),
      ),
    });
    for (const grid of fc.sample(geometries, { numRuns: 8, seed: 20_261_127 })) {
      const where = new SqlConditions();
      const figures = boundFigures(grid, (value) => where.bind(value));
      const zones = (['ring', 'quadrant', 'edge', 'reticle'] as const).map(
        (zone) => `${zoneOf(zone, figures, 'x::int', 'y::int')} AS ${zone}`,
      );
      const rows = await stage.db.database.query<Record<string, string | number | null> & { x: number; y: number }>(
        `SELECT x, y, ${zones.join(', ')} FROM generate_series(-30, 30) AS x, generate_series(-30, 30) AS y`,
        where.values,
      );
      const radius = grid.diameter_mm / 2 - grid.edge_exclusion_mm;
      const zonesOf = ({ x, y }: { x: number; y: number }) => {
        const { u, v } = dieCentre(grid, x, y);
        const turnedX = grid.notch === 'left' || grid.notch === 'right' ? grid.pitch_y_mm : grid.pitch_x_mm;
        const turnedY = grid.notch === 'left' || grid.notch === 'right' ? grid.pitch_x_mm : grid.pitch_y_mm;
        if (Math.hypot(Math.abs(u) + turnedX / 2, Math.abs(v) + turnedY / 2) > radius) {
          return { edge: 'excluded', ring: 'excluded', quadrant: 'excluded', reticle: 'excluded' };
        }
        const place = (at: number, from: number, size: number) => (((at - from) % size) + size) % size;
        return {
          edge: 'inside',
          ring: String(Math.min(grid.rings, 1 + Math.floor((Math.hypot(u, v) / radius) * grid.rings))),
          quadrant: u > 0 ? (v > 0 ? 'Q1' : 'Q4') : v > 0 ? 'Q2' : 'Q3',
          reticle:
            grid.reticle === null
              ? null
              : `${place(x, grid.reticle.x, grid.reticle.columns)},${place(y, grid.reticle.y, grid.reticle.rows)}`,
        };
      };
      expect(rows).toEqual(rows.map(({ x, y }) => ({ x, y, ...zonesOf({ x, y }) })));
      expect(rows.filter(({ edge }) => edge === 'inside').length).toBeLessThanOrEqual(grossDice(grid));
    }
  });
});

describe('maps', () => {
  const die = (
    lot_id: string,
    wafer_id: string,
    x: number,
    y: number,
    more: Partial<SeedAttempt> = {},
  ): SeedAttempt => ({
    lot_id,
    wafer_id,
    chip_id: `${wafer_id}:${x}:${y}`,
    die_x: x,
    die_y: y,
    product: 'P',
    inspection_type: 'electrical',
    result: 'pass',
    hard_bin: more.result === 'fail' ? 7 : 1,
    ...more,
  });
  beforeAll(async () => {
    const { database } = stage.db;
    await seedAttempts(database, [
      // The central die, its neighbours, and one beyond the edge exclusion.
      die('A', 'W1', 5, 5),
      die('A', 'W1', 6, 5),
      die('A', 'W1', 5, 6, { result: 'fail' }),
      die('A', 'W1', 4, 5),
      die('A', 'W1', 5, 4),
      die('A', 'W1', 8, 5, { result: 'fail' }),
      die('A', 'W1', 9, 9, { result: 'fail', hard_bin: 9 }),
      die('A', 'W2', 5, 5, { result: 'fail' }),
      die('A', 'W2', 6, 5, { hard_bin: 2 }),
      die('B', 'W1', 5, 5, { result: 'fail' }),
      die('B', 'W1', 6, 5, { hard_bin: 2 }),
      die('Q', 'W1', 5, 5, { product: 'Q' }),
      { lot_id: 'A', chip_id: 'nowhere', product: 'P', inspection_type: 'electrical', result: 'pass' },
    ]);
    await database.query(
      `INSERT INTO wafers (id, lot_id, wafer_id) SELECT gen_random_uuid(), id, name FROM lots, (VALUES ('W1'), ('W2')) AS w(name)`,
    );
    await database.query(
      `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit)
       SELECT occurred_at, inspection_id, event_id, 'thickness', die_x, 'nm' FROM inspection_attempts WHERE product = 'P' AND wafer_id = 'W1'
       UNION ALL
       SELECT occurred_at, inspection_id, event_id, 'mixed', 1, CASE WHEN wafer_id = 'W1' THEN 'nm' ELSE 'um' END FROM inspection_attempts WHERE product = 'P'
       UNION ALL
       SELECT occurred_at, inspection_id, event_id, 'half_named', 1, CASE WHEN die_x = 5 THEN 'nm' END FROM inspection_attempts WHERE product = 'P'
       UNION ALL
       SELECT occurred_at, inspection_id, event_id, 'wafer_named', 1, CASE WHEN wafer_id = 'W1' THEN 'nm' END FROM inspection_attempts WHERE product = 'P'
       UNION ALL
       SELECT occurred_at, inspection_id, event_id, 'bare', 1, NULL FROM inspection_attempts WHERE product = 'P'`,
    );
    await packMeasurements(database);
  });

  it('of a wafer have the geometry that held, and yield by zone', async () => {
    const map = await get('/v1/lots/A/wafers/W1/map?zones=ring,quadrant,edge,reticle');
    expect(map.geometry).toMatchObject({ product: 'P', gross_dice: 57, diameter_mm: 100 });
    expect(map.geometry).not.toHaveProperty('reason');
    expect(map.zones!.map(({ zone, key, dies, failed }) => [zone, key, dies, failed])).toEqual([
      ['ring', '1', 5, 1],
      ['ring', '2', 1, 1],
      ['ring', 'excluded', 1, 1],
      ['quadrant', 'Q1', 2, 1],
      ['quadrant', 'Q2', 1, 1],
      ['quadrant', 'Q3', 1, 0],
      ['quadrant', 'Q4', 1, 0],
      ['quadrant', 'centre', 1, 0],
      ['quadrant', 'excluded', 1, 1],
      ['edge', 'excluded', 1, 1],
      ['edge', 'inside', 6, 2],
      ['reticle', '0,0', 1, 0],
      ['reticle', '0,1', 2, 1],
      ['reticle', '1,0', 3, 1],
      ['reticle', 'excluded', 1, 1],
    ]);
    expect(map.zones![0]!.yield).toBeCloseTo(0.8, 12);
    expect(map.definition).toContain('Zones: ring');
  });

  it('agree with yield grouped by zone', async () => {
    for (const zones of ['ring', 'quadrant', 'edge', 'reticle']) {
      const map = await get(`/v1/lots/A/wafers/W1/map?zones=${zones}`);
      const { groups } = await get<{ groups: { key: string | null; units: number; failed: number }[] }>(
        `/v1/yield?group_by=zone&zones=${zones}&lot_id=A`,
      );
      const ofW2 = await get(`/v1/lots/A/map?zones=${zones}`);
      expect(groups.filter(({ key }) => key !== null).map(({ key, units, failed }) => [key, units, failed])).toEqual(
        ofW2.zones!.map(({ key, tested, failed }) => [key, tested, failed]),
      );
      expect(map.zones!.reduce((sum, { dies }) => sum + dies, 0)).toBe(7);
      // What has no position is a group of its own.
      expect(groups.at(-1)).toMatchObject({ key: null });
    }
    expect(await refused('/v1/yield?group_by=lot&zones=ring')).toEqual([400, 'invalid_parameter', 'zones']);
    const density = await stage.app.get('/v1/defects/density?group_by=zone');
    expect(density.status).toBe(200);
  });

  it.each<[string, unknown[]]>([
    [
      'lot_id=A&lot_id=B',
      [
        [5, 5, 2 / 3, 3],
        [6, 5, 0, 3],
      ],
    ],
    [
      'product=P&value=hard_bin',
      [
        [5, 5, 7, 3],
        [6, 5, 2, 3],
      ],
    ],
    [
      'product=P&value=thickness',
      [
        [5, 5, 5, 2],
        [6, 5, 6, 2],
      ],
    ],
    ['product=P&value=defect_count', []],
    ['product=Q', [[5, 5, 0, 1]]],
  ])('stack wafers of %s', async (query, expected) => {
    const { dies, definition_id } = await get(`/v1/map?${query}`);
    expect(dies.filter(([x, y]) => x >= 5 && x <= 6 && y === 5)).toEqual(expected);
    expect(definition_id).toBe('map.stack/1');
  });

  it('of a lot stack any value', async () => {
    const { dies, definition_id } = await get('/v1/lots/A/map?value=hard_bin');
    expect([dies.find(([x, y]) => x === 6 && y === 5), definition_id]).toEqual([[6, 5, 1, 2], 'map.lot/3']);
    expect((await get('/v1/lots/A/map?value=thickness')).unit).toBe('nm');
  });

  it.each(['result', 'hard_bin', 'thickness', 'defect_count'])(
    'of all wafers of a lot have the %s of each wafer map, places once',
    async (value) => {
      const gallery = await get<{
        definition_id: string;
        unit: string | null;
        geometry: object | null;
        x_max: number | null;
        places: [number, number][];
        wafers: { wafer_id: string; values: (string | number | null)[] }[];
      }>(`/v1/lots/A/maps?value=${value}`);
      const wafers = new Map(gallery.wafers.map(({ wafer_id, values }) => [wafer_id, values]));
      for (const wafer of ['W1', 'W2']) {
        const { status, body } = await stage.app.get<MapBody>(`/v1/lots/A/wafers/${wafer}/map?value=${value}`);
        expect(status).toBe(200);
        const values = wafers.get(wafer) ?? [];
        expect(values.length === 0 || values.length === gallery.places.length).toBe(true);
        const dies = gallery.places
          .map(([x, y], index) => [x, y, values[index] ?? null])
          .filter(([, , one]) => one !== null);
        expect(dies).toEqual(body.dies);
      }
      const { dies } = await get<MapBody>(`/v1/lots/A/map?value=${value}`);
      expect(gallery.places).toEqual(dies.map(([x, y]) => [x, y]));
      expect([gallery.definition_id, gallery.unit]).toEqual(['map.wafers/1', value === 'thickness' ? 'nm' : null]);
    },
  );

  it('of all wafers take a limit, and refuse what a map refuses', async () => {
    const rows = await diesByWafer(
      stage.db.database,
      { lot: await idOf('A'), policy: 'last', value: 'result' } as never,
      3,
    );
    expect(rows.flatMap(({ xs }) => xs)).toHaveLength(3);
    expect(await refused('/v1/lots/NONE/maps')).toEqual([404, 'not_found', undefined]);
    expect(await refused('/v1/lots/A/maps?value=mixed')).toEqual([400, 'ambiguous_parameter', 'value']);
    expect(await refused('/v1/lots/A/maps?policy=all')).toEqual([400, 'invalid_parameter', 'policy']);
    expect(await refused('/v1/lots/A/maps?zones=ring')).toEqual([400, 'unknown_parameter', 'zones']);
  });

  it('of a wafer are the same in one pass as die by die: retests, dice under two names, far apart and without the value', async () => {
    const bins = fc.constantFrom(undefined, 1, 2, 7);
    const attempts = fc.array(
      fc.record({
        x: fc.constantFrom(0, 1, 2, 3, -4, 2_000_000),
        y: fc.nat(3),
        name: fc.nat(1),
        attempt_no: fc.nat(2),
        hard_bin: bins,
        hour: fc.nat(5),
      }),
      { minLength: 1, maxLength: 40 },
    );
    const ways = new Set<boolean>();
    // One chip on each die, then two on one, so that both ways are taken.
    const chip = { x: 1, y: 0, name: 0, hard_bin: 1, hour: 0 };
    const drawn = [[chip], [chip, { ...chip, name: 1, hour: 1 }], ...fc.sample(attempts, 12)];
    for (const [index, of] of drawn.entries()) {
      const lot = `R${index}`;
      const seeds = of.map(({ x, y, name, hard_bin, hour }, i) =>
        die(lot, 'W', x, y, {
          chip_id: `${x}:${y}:${name}`,
          attempt: i + 1,
          product: 'R',
          // Also one without a bin.
          hard_bin: hard_bin as number,
          result: hard_bin === 7 ? 'fail' : 'pass',
          occurred_at: `2026-02-01T0${hour}:00:00Z`,
        }),
      );
      await seedAttempts(stage.db.database, seeds);
      await stage.db.database.query(
        `INSERT INTO wafers (id, lot_id, wafer_id) SELECT gen_random_uuid(), id, 'W' FROM lots WHERE lot_id = $1`,
        [lot],
      );
      for (const policy of ['last', 'first', 'best', 'worst']) {
        for (const value of ['hard_bin', 'result']) {
          const { dies } = await get(`/v1/lots/${lot}/wafers/W/map?value=${value}&policy=${policy}`);
          type Gallery = { places: [number, number][]; wafers: { values: (number | string)[] }[] };
          const { places, wafers } = await get<Gallery>(`/v1/lots/${lot}/maps?value=${value}&policy=${policy}`);
          expect(dies).toEqual(places.map(([x, y], at) => [x, y, wafers[0]?.values[at]]));
          const question = { lot: await idOf(lot), wafer: 'W', policy, value } as never;
          const rows = (await diesByKind(stage.db.database, question, 1000)) ?? [];
          ways.add(rows.reduce((sum, { xs }) => sum + (xs ?? []).length, 0) === dies.length);
        }
      }
    }
    expect([...ways].sort()).toEqual([false, true]);
  });

  it('of a wafer are read die by die when there are more attempts than in one pass, or values are measured', async () => {
    const question = { lot: await idOf('A'), wafer: 'W1', policy: 'last', value: 'result' } as const;
    expect(await diesByKind(stage.db.database, question, 8)).toHaveLength(1);
    expect(await diesByKind(stage.db.database, question, 7)).toBeUndefined();
    expect(await diesByKind(stage.db.database, { ...question, value: 'thickness' }, 8)).toBeUndefined();
  });

  it('of many lots read a limited number of attempts, of those that have a place and the value', async () => {
    const question = { policy: 'last', value: 'hard_bin', product: 'P' } as const;
    const counted = `SELECT count(*)::int AS n FROM inspection_attempts WHERE status = 'completed' AND product = 'P' AND wafer_id IS NOT NULL AND die_x IS NOT NULL AND hard_bin IS NOT NULL`;
    const [row] = await stage.db.database.query<{ n: number }>(counted);
    expect(row!.n).toBeGreaterThan(3);
    expect(await isTooManyToStack(stage.db.database, question, row!.n)).toBe(false);
    expect(await isTooManyToStack(stage.db.database, question, row!.n - 1)).toBe(true);
    // Measured values are few among the attempts of a die, and counting those says nothing of them.
    expect(await isTooManyToStack(stage.db.database, { ...question, value: 'half_named' }, 0)).toBe(false);
  });

  it.each([
    ['more, wherever they lie', MAX_STACKED, MAX_STACKED + 1, true],
    ['as many with a place', MAX_STACKED, MAX_STACKED, false],
    ['so few that nobody counts them', 0, MAX_STACKED + 1, false],
  ])('are refused where there are %s', async (_what, perKind, counted, isRefused) => {
    // Two million attempts take a minute to store, so only the counts say that there are as many.
    const database: Queryable = {
      query: async (text, values) => {
        if (/LIMIT \$\d+\) AS read/.test(text)) {
          return [{ attempts: counted }] as never;
        }
        const rows = await stage.db.database.query(text, values);
        return rows.map((one) =>
          'attempts' in (one as object) ? { ...(one as object), attempts: perKind } : one,
        ) as never;
      },
    };
    const maps = new MapsQuery({ answer: (question: (snapshot: Queryable) => unknown) => question(database) } as never);
    const asked = maps.stack({ value: 'hard_bin', policy: 'last', mix: 'yes' } as never);
    if (isRefused) {
      await expect(asked).rejects.toMatchObject({
        status: 400,
        errors: [{ parameter: 'from', message: 'matches more than 2000000 attempts' }],
      });
    } else {
      expect((await asked).dies.length).toBeGreaterThan(0);
    }
  });

  it('refuse what is ambiguous', async () => {
    expect(await refused('/v1/map')).toEqual([400, 'ambiguous_parameter', 'product']);
    expect((await get('/v1/map?mix=yes')).geometry).toBeNull();
    expect(await refused('/v1/map?product=P&value=mixed')).toEqual([400, 'ambiguous_parameter', 'value']);
    expect((await get('/v1/map?product=P&value=mixed&mix=yes')).unit).toBeNull();
    expect((await get('/v1/map?product=P&value=bare')).unit).toBeNull();
    expect(await refused('/v1/map?product=Q&zones=ring')).toEqual([400, 'invalid_parameter', 'zones']);
    expect(await refused('/v1/map?product=P&zones=moon')).toEqual([400, 'invalid_parameter', 'zones.0']);
    expect((await get('/v1/map?product=NONE&zones=ring')).zones).toEqual([]);
  });

  it.each([
    '/v1/map?product=P&value=half_named',
    '/v1/map?product=P&value=wafer_named',
    '/v1/map?product=P&value=half_named&zones=ring',
    '/v1/lots/A/map?value=wafer_named',
    '/v1/lots/A/maps?value=half_named',
    '/v1/lots/A/maps?value=wafer_named',
    '/v1/lots/A/wafers/W1/map?value=half_named',
    '/v1/lots/A/wafers/W1/map?value=half_named&zones=ring',
  ])('mix no values with and without a unit: %s', async (path) => {
    const { status, body } = await stage.app.get<Refusal>(path);
    expect([status, body.code, body.errors]).toEqual([
      400,
      'ambiguous_parameter',
      [{ parameter: 'value', message: 'has values of several units none, nm' }],
    ]);
  });

  describe('as pictures', () => {
    const picture = async (path: string) => {
      const response = await fetch(stage.app.url + path);
      expect([path, response.status]).toEqual([path, 200]);
      return { type: response.headers.get('content-type'), bytes: Buffer.from(await response.arrayBuffer()) };
    };

    it.each(['/v1/lots/A/wafers/W1/map', '/v1/lots/A/map', '/v1/map'])('%s is the same map', async (path) => {
      const query = 'product=P&size=200';
      const svg = await picture(`${path}.svg?${query}`);
      expect(svg.type).toBe('image/svg+xml; charset=utf-8');
      const text = svg.bytes.toString();
      const { dies } = await get(`${path}?product=P`);
      // One rectangle per die.
      expect(text.match(/M[\d.]+ [\d.]+h[\d.]+v[\d.]+h-[\d.]+z/g)).toHaveLength(dies.length);
      expect(text.match(/<circle /g)).toHaveLength(2);
      const png = decode((await picture(`${path}.png?${query}`)).bytes);
      expect([png.width, png.height]).toEqual([200, 200]);
      expect(png.text['Title']).toMatch(/stacked|wafer/);
    });

    it('colours the dice where they lie', async () => {
      const png = decode((await picture('/v1/lots/A/wafers/W1/map.png?size=200')).bytes);
      const colourAt = (x: number, y: number) => png.palette![png.data[y * 200 + x] as number];
      const scale = (200 * 0.94) / 100;
      const at = (u: number, v: number) => colourAt(Math.round(100 + u * scale), Math.round(100 - v * scale));
      expect(at(0, 0)).toEqual([46, 158, 91]);
      // The die above the central one fails, and there is none beyond.
      expect(at(0, 10)).toEqual([214, 59, 59]);
      expect(at(0, 20)).toEqual([255, 255, 255]);
    });

    it('shows names of machines as text', async () => {
      const name = '<script>&"\u0001';
      await seedAttempts(stage.db.database, [die(name, 'W', 1, 1)]);
      const { bytes } = await picture(`/v1/lots/${encodeURIComponent(name)}/map.svg`);
      expect(bytes.toString()).toContain('<title>Lot &lt;script&gt;&amp;&quot;\u{FFFD}, wafers stacked</title>');
      const png = await picture(`/v1/lots/${encodeURIComponent(name)}/map.png`);
      expect(png.type).toBe('image/png');
    });

    it('of nothing is an empty picture; of an unknown lot or a bad size a problem', async () => {
      expect((await picture('/v1/map.png?lot_id=NONE')).bytes.length).toBeGreaterThan(60);
      expect((await picture('/v1/map.svg?lot_id=NONE')).bytes.toString()).toContain('</svg>');
      expect(await refused('/v1/lots/NONE/map.svg')).toEqual([404, 'not_found', undefined]);
      expect(await refused('/v1/map.png?size=1001')).toEqual([400, 'invalid_parameter', 'size']);
    });
  });
});

// Last: its dice are in every stack.
it('maps of all wafers are refused where hardly two have a place in common: each would carry the places of all', async () => {
  const { database } = stage.db;
  await seedAttempts(database, [
    { lot_id: 'SCATTERED', chip_id: '0', result: 'pass', wafer_id: '0', die_x: 0, die_y: 0, product: 'S' },
  ]);
  for (const table of ['inspections', 'inspection_attempts']) {
    // Each chip on a wafer of its own, at a place of its own.
    await database.query(
      `INSERT INTO ${table} SELECT (jsonb_populate_record(t, jsonb_build_object('chip_id', n::text, 'wafer_id', n::text, 'die_x', n,
           '${table === 'inspections' ? 'id' : 'inspection_id'}', md5(n::text)::uuid, 'event_id', md5(n::text)::uuid,
           'event_ids', jsonb_build_array(md5(n::text)::uuid)))).*
         FROM ${table} t CROSS JOIN generate_series(1, 1500) n WHERE t.lot_id = $1`,
      [await idOf('SCATTERED')],
    );
  }
  expect(await refused('/v1/lots/SCATTERED/maps')).toEqual([400, 'invalid_parameter', 'value']);
});
