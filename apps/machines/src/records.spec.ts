import { describe, expect, it } from '@jest/globals';
import { TELEMETRY, type TelemetrySample } from '@chip/contracts';
import fc from 'fast-check';
import { inspectionRecord, telemetryRecords } from './records.ts';

const sample = (host: string | undefined, value: number, tag = ''): TelemetrySample => ({
  time: '2026-03-14T09:26:53Z',
  service_name: 'etch',
  metric_name: 'flow',
  metric_value: value,
  ...(host === undefined ? {} : { host }),
  ...(tag === '' ? {} : { tags: { tag } }),
});

describe('records', () => {
  it('carry every sample once, in order per host, in arrays of one host and at most the given size', () => {
    const hosts = fc.constantFrom('a', 'b', undefined);
    fc.assert(
      fc.property(fc.array(hosts, { maxLength: 60 }), fc.integer({ min: 2, max: 9 }), (hostOfSample, arraySize) => {
        const samples = hostOfSample.map((host, index) => sample(host, index));
        const records = telemetryRecords(samples, arraySize);
        for (const host of ['a', 'b', null]) {
          const arrays = records
            .filter(({ key }) => key === host)
            .map(({ value }) => JSON.parse(value) as TelemetrySample[]);
          expect(arrays.flat()).toEqual(samples.filter((one) => (one.host ?? null) === host));
          expect(arrays.filter((array) => array.length > arraySize || array.length === 0)).toEqual([]);
        }
        expect(records.reduce((sum, { counts }) => sum + counts.samples, 0)).toBe(samples.length);
      }),
    );
  });

  it('are single objects with an array size of 1', () => {
    expect(telemetryRecords([sample('a', 1), sample('a', 2)], 1).map(({ value }) => JSON.parse(value))).toEqual([
      sample('a', 1),
      sample('a', 2),
    ]);
  });

  it('stay below the limit of the topic however large the samples are', () => {
    const records = telemetryRecords(
      Array.from({ length: 1000 }, (_, index) => sample('a', index, 'é'.repeat(1900))),
      1000,
    );
    expect(records.length).toBeGreaterThan(1);
    for (const { value } of records) {
      expect(Buffer.byteLength(value)).toBeLessThan(TELEMETRY.limits.eventBytes);
    }
  });

  it('of inspections are keyed by lot and know what they carry', () => {
    const event = {
      event_id: '6f0e2a52-7d0e-4f7e-9d53-0a3a9d8f6b11',
      lot_id: 'L1',
      chip_id: 'C1',
      inspection_type: 'visual',
      status: 'completed',
      result: 'fail',
      occurred_at: '2026-03-14T09:26:53Z',
      measurements: [{ name: 'cd', value: null }],
      defects: [
        { class: 'pit', x_um: 1, y_um: 2 },
        { class: 'pit', x_um: 3, y_um: 4 },
      ],
    } as const;
    const { key, value, counts } = inspectionRecord({
      ...event,
      measurements: [...event.measurements],
      defects: [...event.defects],
    });
    expect(key).toBe('L1');
    expect(JSON.parse(value)).toEqual(event);
    expect(counts).toEqual({ samples: 0, inspections: 1, measurements: 1, defects: 2 });
  });
});
