import { expect, it } from '@jest/globals';
import { type Arrival, refuse } from './arrival.ts';

const normalisedOf = (event: object): Record<string, unknown> =>
  refuse(
    { offset: 7, line: Buffer.from(JSON.stringify(event)) } as Partial<Arrival> as Arrival,
    'database_rejected',
    '',
  ).normalised;

it('a refused event has its unknown fields where the machine had them, so that they do not count as metadata', () => {
  const extra = { vendor: 1, '/defects/0/cluster': 2 };
  expect(normalisedOf({ lot_id: 'L', content_hash: 'h', metadata: { a: 1, _extra: extra } })).toEqual({
    lot_id: 'L',
    metadata: { a: 1 },
    ...extra,
  });
  expect(normalisedOf({ lot_id: 'L', metadata: { _extra: extra } })).toEqual({ lot_id: 'L', metadata: {}, ...extra });
});

it.each([
  [{ a: 1 }],
  [{ _extra: 'text' }],
  [{ _extra: {} }],
  [{ _extra: { lot_id: 'M' } }],
  [{ _extra: { voids: 'x' } }],
])('a refused event keeps metadata of the machine: %j', (metadata) => {
  expect(normalisedOf({ lot_id: 'L', metadata })).toEqual({ lot_id: 'L', metadata });
});
