import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

interface Operation {
  summary?: string;
  description?: string;
  parameters?: {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    example?: unknown;
    schema: object;
  }[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

let stage: Stage;
let document: OpenAPIObject;
let ids: string[];
beforeAll(async () => {
  stage = await openStage();
  document = (await stage.app.get<OpenAPIObject>('/openapi.json')).body;
  ids = await seedAttempts(stage.db.database, [
    {
      lot_id: 'L',
      chip_id: '1',
      step: 'probe',
      wafer_id: 'W',
      die_x: 3,
      die_y: -4,
      result: 'fail',
      equipment_id: 'E',
      product: 'P',
      occurred_at: '2026-03-02T08:00:00Z',
      metadata: { kind: 'x' },
    },
    {
      lot_id: 'L',
      chip_id: '1',
      step: 'probe',
      wafer_id: 'W',
      die_x: 3,
      die_y: -4,
      hard_bin: 1,
      inspected_area_cm2: 2,
      result: 'pass',
      equipment_id: 'E',
      product: 'P',
      occurred_at: '2026-03-02T08:30:00Z',
    },
    { lot_id: 'L', chip_id: '2', status: 'in_progress', attempt: 1, completed_at: null },
  ]);
  await stage.db.database.query(
    `INSERT INTO measurements (time, inspection_id, event_id, name, value)
     SELECT a.occurred_at, a.inspection_id, a.event_id, name, value FROM inspection_attempts a, (VALUES ('m', NULL), ('width', 1.5)) v(name, value) WHERE a.inspection_id = $1`,
    [ids[0]!],
  );
  await stage.db.database.query(
    `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um) VALUES ($1, $1, 0, '2026-03-02T08:00:00Z', 'scratch', 1, 2)`,
    [ids[0]!],
  );
  await stage.db.database.query(
    `INSERT INTO stream_positions (source_topic, source_partition, next_offset, append_time, accepted_offset, origin_offset, high_watermark)
     VALUES ('inspection.results.v1', 0, 42, '2026-03-02T09:00:00Z', 3, 0, 50), ('telemetry.samples.v1', 0, 0, NULL, 0, 0, NULL)`,
  );
  await stage.db.database.query(
    `INSERT INTO wafer_geometries (product, valid_from, diameter_mm, pitch_x_mm, pitch_y_mm, centre_x, centre_y, offset_x_mm, offset_y_mm,
       notch, x_axis, y_axis, edge_exclusion_mm, rings, reason, created_by)
     VALUES ('P', '2026-01-01', 100, 5, 4, 0, 0, 0, 0, 'bottom', 'right', 'up', 3, 3, 'r', 'me')`,
  );
  await stage.db.database.query(`INSERT INTO wafers (id, lot_id, wafer_id) SELECT id, id, 'W' FROM lots`);
  await stage.db.database.query(
    `INSERT INTO parameters (name, valid_from, unit, lower_limit, reason, created_by) VALUES ('height', '2026-01-01', 'nm', 1, 'r', 'me')`,
  );
  await stage.db.database.query(
    `INSERT INTO control_limits (id, parameter, chart, subgroup, version, settings, centre, sigma, exclusions, definition, definition_id, reason, author)
     VALUES ($1, 'height', 'imr', '1', 1, '{"policy":"last","break_at":null,"sigma_method":null,"lambda":null,"l":null,"k":null,"h":null}', 1, 1, '[]', 'd', 'spc.imr/2', 'r', 'me')`,
    [ids[0]!],
  );
  await stage.db.database.query(
    `INSERT INTO annotations (id, parameter, begins_at, note, author) VALUES ($1, 'height', '2026-03-02', 'n', 'me')`,
    [ids[0]!],
  );
  await stage.db.database.query(
    `INSERT INTO reports (id, name, query, parameters, as_of, result, sha256, created_by)
     SELECT $1, 'n', '/v1/reports', '{}', as_of::jsonb, result::json, sha256(convert_to(result, 'UTF8')), 'me'
       FROM (VALUES ('{"time":null,"positions":[]}', '{"name":"n","parameters":{},"as_of":{"time":null,"positions":[]},"sections":[]}')) v(as_of, result)`,
    [ids[0]!],
  );
  await stage.db.database.query(
    `INSERT INTO dead_letter_replays (id, topic, filter, patch, again, reason, created_by, bounds, letters, skipped)
     VALUES ($1, 'telemetry.samples.v1', '{"topic":"telemetry.samples.v1"}', '{"a":1}', false, 'r', 'me', '{}', 1, '{"uncertain":1}')`,
    [ids[0]!],
  );
  await stage.db.database.query(
    `INSERT INTO metrics_delta (bucket, service_name, metric_name, sum_value, sample_count, min_value, max_value)
     VALUES ('2026-03-02T08:00:00Z', 's', 'm', 10, 4, 1, 4)`,
  );
});
afterAll(() => stage.end());

const WINDOW = 'from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z';
/** Requests that together reach every form of each answer. A route missing here fails the test below. */
const REQUESTS: Record<string, string[]> = {
  '/v1/yield': [
    '',
    ...['final', 'first_pass', 'insertion', 'rolled_throughput'].flatMap((kind) =>
      ['day', 'month', 'lot', 'wafer', 'zone', 'equipment', 'inspection_type', 'product'].map(
        (by) => `?${WINDOW}&kind=${kind}&group_by=${by}`,
      ),
    ),
    '?lot_id=NONE&kind=rolled_throughput',
    '?group_by=lot&top=1',
  ],
  '/v1/inspections': ['', '?limit=1', '?lot_id=NONE', '?metadata.kind=x'],
  '/v1/inspections/{id}': ['/v1/inspections/{id}'],
  '/v1/telemetry/summary': [`?${WINDOW}&metric_name=m`, `?${WINDOW}&metric_name=none`],
  '/v1/telemetry/series': [`?${WINDOW}&metric_name=m`, `?${WINDOW}&metric_name=none`],
  '/v1/defects/pareto': ['', '?by=lot', '?group_by=wafer&top=1', '?by=severity', '?lot_id=NONE'],
  '/v1/defects/density': ['', '?group_by=lot', '?group_by=day', '?lot_id=NONE'],
  '/v1/bins/pareto': ['', '?bin=soft', '?lot_id=NONE', '?group_by=lot&top=1'],
  '/v1/lots': ['', '?limit=1'],
  '/v1/lots/{lot_id}': ['/v1/lots/L'],
  '/v1/lots/{lot_id}/parts/{chip_id}': ['/v1/lots/L/parts/1'],
  '/v1/lots/{lot_id}/map': ['/v1/lots/L/map', '/v1/lots/L/map?value=hard_bin&zones=ring,edge,quadrant,reticle'],
  '/v1/lots/{lot_id}/maps': ['/v1/lots/L/maps', '/v1/lots/L/maps?value=hard_bin', '/v1/lots/L/maps?value=width'],
  '/v1/map': ['', '?lot_id=NONE', '?value=defect_count&zones=ring&policy=all', '?value=width'],
  '/v1/map.svg': [''],
  '/v1/map.png': [''],
  '/v1/lots/{lot_id}/map.svg': ['/v1/lots/L/map.svg'],
  '/v1/lots/{lot_id}/map.png': ['/v1/lots/L/map.png'],
  '/v1/lots/{lot_id}/wafers/{wafer_id}/map.svg': ['/v1/lots/L/wafers/W/map.svg'],
  '/v1/lots/{lot_id}/wafers/{wafer_id}/map.png': ['/v1/lots/L/wafers/W/map.png'],
  '/v1/wafer-geometries': ['', '?product=P'],
  '/v1/lots/{lot_id}/wafers/{wafer_id}/map': ['result', 'hard_bin', 'm'].map(
    (value) => `/v1/lots/L/wafers/W/map?value=${value}`,
  ),
  '/v1/lots/{lot_id}/wafers/{wafer_id}/defects': ['/v1/lots/L/wafers/W/defects'],
  '/v1/equipment': ['', '?limit=1'],
  '/v1/products': [''],
  '/v1/steps': ['', `?${WINDOW}`],
  '/v1/recipes': [''],
  '/v1/metrics': [''],
  '/v1/equipment/compare': ['', '?lot_id=NONE', '?sample=wafer'],
  '/v1/equipment/{equipment_id}/units': ['/v1/equipment/E/units', '/v1/equipment/NONE/units'],
  '/v1/export/inspections': ['', '?format=ndjson'],
  '/v1/export/measurements': ['', '?format=ndjson'],
  '/v1/export/telemetry': [`?${WINDOW}`],
  '/v1/spc': [
    'imr',
    'xbar_r',
    'cusum',
    'ewma',
    'between_within',
    'imr&target=1&sigma=1',
    'imr&max_points=10',
    'imr&phases=2026-03-02T08:10:00Z',
  ]
    .map((chart) => `?parameter=width&chart=${chart}`)
    .concat('?chart=u', '?chart=p', '?chart=p_prime'),
  '/v1/capability': [
    '?parameter=width&lsl=0&usl=3',
    '?parameter=width&lsl=0&usl=3&subgroup=lot&policy=all&mix=yes',
    '?parameter=none',
  ],
  '/v1/summary/daily': [''],
  '/v1/yield/models': ['?area_cm2=0.5&defect_density=1', '?yield=0.5', '?defects=3&units=100&opportunities=2'],
  '/v1/parameters': ['', '?limit=1', '?name=none', `?in_force_at=2026-03-02T00:00:00Z`],
  '/v1/control-limits': ['', '?limit=1', '?chart=p'],
  '/v1/control-limits/{id}': ['/v1/control-limits/{id}'],
  '/v1/annotations': ['', '?limit=1', '?parameter=none', '?withdrawn=yes'],
  '/v1/annotations/{id}': ['/v1/annotations/{id}'],
  '/v1/reports': ['', '?limit=1', '?lot_id=NONE'],
  '/v1/reports/{id}': ['/v1/reports/{id}'],
  '/v1/calendars': ['', '?in_force_at=2026-03-02T00:00:00Z'],
  '/v1/capabilities': ['?product=P', '?product=P&mix=yes', '?product=NONE'],
  '/v1/tests/pareto': ['', '?count=any&top=1', '?lot_id=NONE'],
  '/v1/yield/limits': ['?product=P', '?product=P&lot_id=L&bin=soft', '?product=NONE'],
  '/v1/audit': ['', '?stream=none', '?limit=1'],
  '/v1/audit/verify': ['', '?stream=none'],
  '/v1/events': ['?seconds=0'],
  '/v1/dead-letters': ['', '?limit=1', '?code=none'],
  '/v1/dead-letters/groups': ['', '?code=none'],
  '/v1/dead-letters/replays': ['', '?limit=1'],
  '/v1/dead-letters/replays/{id}': ['/v1/dead-letters/replays/{id}'],
  '/v1/pipeline': [''],
  '/v1/ledger': [''],
  '/health/live': [''],
  '/health/ready': [''],
  '/metrics': [''],
};

/** Routes that answer from a broker; letter-replays.int-spec.ts checks their answers. */
const WITH_BROKER = ['/v1/dead-letters/{topic}/{partition}/{offset}', '/v1/dead-letters/dry-run'];

const MEASUREMENTS = ['a', 'b'].flatMap((appraiser) =>
  [1, 2].flatMap((part) => [1, 2].map((trial) => ({ part, appraiser, trial, value: part + trial / 10 }))),
);
/** Bodies for the routes that evaluate the caller's numbers. */
const BODIES: Record<string, object[]> = {
  '/v1/inspections': [{ lot_id: 'L', chip_id: 'new', inspection_type: 'visual', metadata: { a: 1 } }],
  '/v1/parameters': [
    { name: 'width', valid_from: '2026-01-01T00:00:00Z', unit: 'nm', lsl: 1, usl: 2, target: 1.5, reason: 'first' },
    { name: 'width', valid_from: '2026-01-01T00:00:00Z', withdraw: true, reason: 'wrong' },
  ],
  '/v1/calendars': [
    {
      valid_from: '2026-01-01T00:00:00Z',
      time_zone: 'UTC',
      shifts: [{ name: 'day', start: '00:00' }],
      reason: 'first',
    },
  ],
  '/v1/wafer-geometries': [
    {
      product: 'Q',
      valid_from: '2026-01-01T00:00:00Z',
      diameter_mm: 100,
      pitch_x_mm: 5,
      pitch_y_mm: 4,
      centre_x: 0,
      centre_y: 0,
      reticle: { columns: 2, rows: 3, x: 0, y: 0 },
      reason: 'mask set A',
    },
    { product: 'Q', valid_from: '2026-01-01T00:00:00Z', withdraw: true, reason: 'wrong' },
  ],
  '/v1/control-limits': [
    { parameter: 'width', chart: 'imr', given: { centre: 1.5, sigma: 0.1, unit: 'nm' }, reason: 'from the tool' },
    {
      chart: 'p',
      baseline: { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z' },
      policy: 'all',
      reason: 'phase I',
    },
  ],
  '/v1/annotations': [
    { parameter: 'width', step: 'probe', begins_at: '2026-03-02T08:00:00Z', note: 'pump exchanged' },
    { begins_at: '2026-03-02T08:00:00Z', ends_at: '2026-03-02T09:00:00Z', note: 'cleaning' },
  ],
  '/v1/annotations/{id}/withdrawal': [{ reason: 'another machine' }],
  '/v1/reports': [
    { name: 'all', reason: 'r' },
    {
      name: 'lot',
      reason: 'r',
      lot_id: 'L',
      charts: [
        { chart: 'imr', parameter: 'width' },
        { chart: 'p', subgroup: 'day' },
      ],
    },
  ],
  '/v1/spc/backtest': [
    { parameter: 'width', chart: 'imr', from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z' },
    {
      parameter: 'width',
      chart: 'imr',
      limits: 'current',
      from: '2026-03-01T00:00:00Z',
      to: '2026-04-01T00:00:00Z',
      shifts: [2],
    },
  ],
  '/v1/spc/evaluate': [
    { chart: 'imr', values: [1, 2, null, 3, 4] },
    {
      chart: 'xbar_s',
      subgroups: [
        [1, 2],
        [2, 3, 4],
      ],
      rules: 'nelson',
    },
    { chart: 'cusum', values: [1, 2, 3] },
    { chart: 'u', counts: [{ count: 1, size: 1.5 }] },
    { chart: 'p', counts: [1, 900].map((count) => ({ count, size: 1000 })) },
    {
      chart: 'between_within',
      subgroups: [
        [1, 2],
        [2, 4],
        [1, 5],
      ],
    },
    { chart: 'xbar_r', subgroups: [[1]], target: 0, sigma: 1 },
  ],
  '/v1/capability/evaluate': [
    { values: [1, 2, 3], lsl: 0 },
    { subgroups: [[1, 2]] },
    {
      subgroups: [
        [1, 2],
        [3, 5],
      ],
      usl: 9,
    },
  ],
  '/v1/gauge-rr/evaluate': ['anova', 'average_range'].map((method) => ({ method, measurements: MEASUREMENTS })),
};

describe('the OpenAPI document', () => {
  it('is OpenAPI 3.1 and lists exactly the routes requested here', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual(
      [...new Set([...Object.keys(REQUESTS), ...Object.keys(BODIES), ...WITH_BROKER])].sort(),
    );
  });

  it('states the purpose of each route and explains every parameter', () => {
    for (const [path, item] of Object.entries(document.paths)) {
      for (const operation of Object.values(item) as Operation[]) {
        expect([path, operation.summary !== undefined && operation.description !== undefined]).toEqual([path, true]);
        for (const parameter of operation.parameters ?? []) {
          const { name, description, example, schema } = parameter;
          expect([path, name, (description ?? '') !== '']).toEqual([path, name, true]);
          const shown = example !== undefined || 'example' in schema || 'enum' in schema || name === 'cursor';
          expect([path, name, shown]).toEqual([path, name, true]);
        }
      }
    }
  });

  it('states the default of every optional parameter', () => {
    const parameters = (document.paths['/v1/yield']?.get as Operation).parameters!;
    const schemaOf = (name: string) => parameters.find((parameter) => parameter.name === name)?.schema;
    expect(schemaOf('kind')).toEqual({
      type: 'string',
      enum: ['final', 'first_pass', 'insertion', 'rolled_throughput'],
      default: 'final',
    });
    expect(schemaOf('from')).toMatchObject({ type: 'string', format: 'date-time' });
    const limit = (document.paths['/v1/inspections']?.get as Operation).parameters!.find(
      ({ name }) => name === 'limit',
    );
    expect(limit?.schema).toEqual({ type: 'integer', minimum: 1, maximum: 500, default: 50 });
    expect(parameters.filter(({ required }) => required).map(({ name }) => name)).toEqual([]);
  });

  it('is a page that needs no other host', async () => {
    const page = await stage.app.get<string>('/docs');
    expect([page.status, page.type]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      expect(file).toMatch(/^\.\/docs\//);
      expect((await stage.app.get(file.slice(1))).status).toBe(200);
    }
    expect((await stage.app.get<string>('/docs/swagger-ui-init.js')).body).toContain('"validatorUrl": null');
  });
});

describe('answers are what the document says', () => {
  // A schema checks a few answers: to optimize its code would take longer than it saves.
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false, code: { optimize: false } });
  // Each schema is compiled once, with those that it shares with others.
  beforeAll(() => {
    ajv.addSchema(document, 'document');
  });
  const schemaAt = (...place: string[]) =>
    ajv.getSchema(
      `document#/${place.map((name) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`,
    )!;
  const inJson = ['content', 'application/json', 'schema'];
  const answerOf = (path: string, method = 'get', status = '200') =>
    schemaAt('paths', path, method, 'responses', status, ...inJson);

  it.each(Object.entries(REQUESTS).flatMap(([path, queries]) => queries.map((query) => [path, query] as const)))(
    '%s %s',
    async (path, query) => {
      const url = query.startsWith('/') ? query.replace('{id}', ids[0]!) : path + query;
      const answer = await stage.app.get(url);
      expect(answer.status).toBe(200);
      const tag = answer.headers.get('etag');
      expect('304' in (document.paths[path]!.get as Operation).responses).toBe(tag !== null);
      if (tag !== null) {
        expect((await stage.app.get(url, { headers: { 'if-none-match': '*' } })).status).toBe(304);
      }
      if (!path.startsWith('/v1/') || path.startsWith('/v1/export/') || /\.(svg|png)$|^\/v1\/events$/.test(path)) {
        return;
      }
      const validate = answerOf(path);
      expect(validate).toBeDefined();
      expect([validate(answer.body), validate.errors]).toEqual([true, null]);
    },
  );

  it.each(Object.entries(BODIES).flatMap(([path, bodies]) => bodies.map((body) => [path, body] as const)))(
    '%s %j',
    async (path, body) => {
      const method = ['/v1/parameters', '/v1/calendars', '/v1/wafer-geometries'].includes(path) ? 'put' : 'post';
      const request = schemaAt('paths', path, method, 'requestBody', ...inJson);
      expect([request(body), request.errors]).toEqual([true, null]);
      const answer = await stage.app.get(path.replace('{id}', ids[0]!), {
        method: method.toUpperCase(),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const success = ['/v1/inspections', '/v1/control-limits', '/v1/annotations', '/v1/reports'].includes(path)
        ? '201'
        : '200';
      expect(String(answer.status)).toBe(success);
      const validate = answerOf(path, method, success);
      expect([validate(answer.body), validate.errors]).toEqual([true, null]);
    },
  );

  it('so are problems', async () => {
    const operation = document.paths['/v1/yield']!.get as Operation;
    expect(operation.responses['400']?.content?.['application/problem+json']?.schema).toEqual({
      $ref: '#/components/schemas/Problem',
    });
    const validate = schemaAt('components', 'schemas', 'Problem');
    for (const path of ['/v1/yield?x=1', '/v1/yield?kind=x', '/nowhere']) {
      const { body } = await stage.app.get(path);
      expect([validate(body), validate.errors]).toEqual([true, null]);
    }
  });

  it('fails when an answer does not match its schema', async () => {
    const { body } = await stage.app.get(`/v1/yield?${WINDOW}&group_by=lot`);
    const validate = answerOf('/v1/yield');
    expect(validate(body)).toBe(true);
    expect(validate({ ...body, surprise: 1 })).toBe(false);
    expect(validate({ ...body, totals: { ...(body['totals'] as object), yield: '0.5' } })).toBe(false);
  });
});
