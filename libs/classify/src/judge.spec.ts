import { describe, expect, it } from '@jest/globals';
import { INSPECTION, TELEMETRY } from '@chip/contracts';
import { judgeRecord } from './judge.ts';

const NOW = Date.UTC(2026, 0, 20);
const record = (value: unknown) => ({ timestamp: NOW, headers: {}, value: Buffer.from(JSON.stringify(value)) });
const sample = { time: '2026-01-19T00:00:00Z', service_name: 'S', metric_name: 'M', metric_value: 1 };

describe('judgement', () => {
  it('gives one verdict per element, in order, with its place', () => {
    const { verdicts, unknownFields } = judgeRecord(
      TELEMETRY.source,
      record([sample, { ...sample, metric_value: 'x' }, { ...sample, extra: 1 }]),
      0,
    );
    expect(verdicts.map(({ index, refusal }) => [index, refusal?.code])).toEqual([
      [0, undefined],
      [1, 'schema_violation'],
      [2, undefined],
    ]);
    expect(unknownFields).toBe(1);
  });

  it('gives one verdict for a record that is not an array, or is refused whole', () => {
    expect(judgeRecord(TELEMETRY.source, record(sample), 0).verdicts).toEqual([{ refusal: null }]);
    expect(judgeRecord(TELEMETRY.source, record([]), 0).verdicts).toMatchObject([
      { refusal: { code: 'schema_violation' } },
    ]);
    expect(judgeRecord(INSPECTION.source, record({}), 0).verdicts).toMatchObject([
      { refusal: { code: 'schema_violation' } },
    ]);
  });
});
