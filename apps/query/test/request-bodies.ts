/** A body that each route which reads one accepts, by path; what it names belongs to site `own`. */
export const BODIES: Readonly<Record<string, object>> = {
  '/v1/inspections': { site: 'own', lot_id: 'NEW', chip_id: 'c', inspection_type: 'visual', product: 'P' },
  '/v1/parameters': { name: 'width', valid_from: '2026-01-01T00:00:00Z', unit: 'nm', lsl: 1, reason: 'test' },
  '/v1/calendars': { site: 'own', valid_from: '2026-01-01T00:00:00Z', time_zone: 'UTC', reason: 'test' },
  '/v1/wafer-geometries': {
    product: 'P',
    valid_from: '2026-01-01T00:00:00Z',
    diameter_mm: 100,
    pitch_x_mm: 5,
    pitch_y_mm: 5,
    centre_x: 0,
    centre_y: 0,
    reason: 'test',
  },
  '/v1/reports': { name: 'all', reason: 'test' },
  '/v1/control-limits': { parameter: 'width', chart: 'imr', given: { centre: 1.5, sigma: 0.1 }, reason: 'test' },
  '/v1/annotations': { begins_at: '2026-03-02T08:00:00Z', note: 'test' },
  '/v1/annotations/{id}/withdrawal': { reason: 'test' },
  '/v1/dead-letters/dry-run': { topic: 'telemetry.samples.v1', patch: { a: 1 } },
  '/v1/dead-letters/replays': { topic: 'telemetry.samples.v1', patch: { a: 1 }, reason: 'test' },
  '/v1/spc/backtest': {
    parameter: 'width',
    chart: 'imr',
    mix: 'yes',
    from: '2026-03-01T00:00:00Z',
    to: '2026-04-01T00:00:00Z',
  },
  '/v1/spc/evaluate': { chart: 'imr', values: [1, 2, 3] },
  '/v1/capability/evaluate': { values: [1, 2, 3], lsl: 0 },
  '/v1/gauge-rr/evaluate': {
    method: 'anova',
    measurements: ['a', 'b'].flatMap((appraiser) =>
      [1, 2].flatMap((part) => [1, 2].map((trial) => ({ part, appraiser, trial, value: part + trial / 10 }))),
    ),
  },
};
