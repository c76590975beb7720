import { describe, expect, it } from '@jest/globals';
import { INSPECTION, TELEMETRY, type InspectionEvent, type TelemetrySample } from '@chip/contracts';
import { nextQueries } from './hint.ts';

const inspection = { occurred_at: '2008-07-19T11:55:00Z' } as InspectionEvent;
const sample = { time: '2026-03-14T09:26:53Z', metric_name: 'rf power' } as TelemetrySample;
const env = { QUERY_URL: 'http://127.0.0.1:3000', DATABASE_URL: 'postgresql://chip:secret@127.0.0.1/db' };

describe('hint after a replay', () => {
  it('asks about the time of the data, and never shows the address of the database', () => {
    expect(nextQueries(env, INSPECTION.source, [inspection])).toEqual([
      "curl 'http://127.0.0.1:3000/v1/yield?from=2008-01-01T00:00:00Z&to=2009-01-01T00:00:00Z&group_by=month'",
      'psql "$DATABASE_URL" -c \'SELECT count(*) FROM inspections\'',
    ]);
    expect(nextQueries(env, TELEMETRY.source, [sample])).toEqual([
      "curl 'http://127.0.0.1:3000/v1/telemetry/summary?metric_name=rf%20power&from=2026-03-14T00:00:00Z&to=2026-03-15T00:00:00Z'",
      'psql "$DATABASE_URL" -c \'SELECT count(*) FROM system_metrics\'',
    ]);
  });

  it('is silent where there is nothing to ask, or no service to ask', () => {
    expect(nextQueries(env, TELEMETRY.source, [])).toEqual([]);
    expect(nextQueries({ QUERY_URL: '' }, INSPECTION.source, [inspection])).toEqual([]);
  });
});
