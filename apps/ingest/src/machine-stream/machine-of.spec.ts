import { INSPECTION, TELEMETRY } from '@chip/contracts';
import { describe, expect, it } from '@jest/globals';
import { machineOf } from './machine-of.ts';

const of = (value: unknown, headers = {}): string =>
  machineOf(
    TELEMETRY,
    value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    headers,
  );

describe('machineOf', () => {
  it.each<[string, unknown, string]>([
    ['the host', { service_name: 'etcher', host: 'etch-1' }, 'etch-1'],
    ['the service without a host', { service_name: 'etcher', host: null }, 'etcher'],
    ['a name in broken JSON', '{"host" : "etch-1", "time":', 'etch-1'],
    ['no name in other text', 'host etch-1', 'unknown'],
    ['no empty name', { host: '' }, 'unknown'],
    ['no name of a wrong type', { host: 5 }, 'unknown'],
    ['no name that is too long', { host: 'x'.repeat(101) }, 'unknown'],
    ['no name far behind', { time: ' '.repeat(5_000), host: 'etch-1' }, 'unknown'],
    ['no name in a tombstone', null, 'unknown'],
  ])('finds %s', (_case, value, expected) => {
    expect(of(value)).toBe(expected);
  });

  it('falls back to the source of a CloudEvent', () => {
    expect(of('x', { ce_source: Buffer.from('/tools/aoi') })).toBe('/tools/aoi');
    expect(of({ host: 'etch-1' }, { ce_source: '/tools/aoi' })).toBe('etch-1');
  });

  it('looks for the fields of the stream', () => {
    expect(machineOf(INSPECTION, Buffer.from('{"lot_id":"L1","equipment_id":"AOI-2"'), {})).toBe('AOI-2');
  });
});
