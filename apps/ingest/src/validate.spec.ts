import { describe, expect, it } from '@jest/globals';
import { INSPECTION_RESULTS, TELEMETRY_SAMPLES } from '@chip/contracts';
import { validateRecord } from './validate.ts';

const NOW = Date.UTC(2026, 0, 20);
const record = (value: unknown) => ({ timestamp: NOW, headers: {}, value: Buffer.from(JSON.stringify(value)) });
const sample = { time: '2026-01-19T00:00:00Z', service_name: 'S', metric_name: 'M', metric_value: 1 };

describe('validate', () => {
  it('gives one verdict per element, in order, with its place', () => {
    const { verdicts, unknownFields } = validateRecord(
      TELEMETRY_SAMPLES,
      record([sample, { ...sample, metric_value: 'x' }, { ...sample, extra: 1 }]),
      7,
      0,
    );
    expect(verdicts.map(({ line, index, refusal }) => [line, index, refusal?.code])).toEqual([
      [7, 0, undefined],
      [7, 1, 'schema_violation'],
      [7, 2, undefined],
    ]);
    expect(unknownFields).toBe(1);
  });

  it('gives one verdict for a record that is no array, or is refused whole', () => {
    expect(validateRecord(TELEMETRY_SAMPLES, record(sample), 1, 0).verdicts).toEqual([{ line: 1, refusal: null }]);
    expect(validateRecord(TELEMETRY_SAMPLES, record([]), 1, 0).verdicts).toMatchObject([
      { refusal: { code: 'schema_violation' } },
    ]);
    expect(validateRecord(INSPECTION_RESULTS, record({}), 1, 0).verdicts).toMatchObject([
      { refusal: { code: 'schema_violation' } },
    ]);
  });
});
