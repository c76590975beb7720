import { describe, expect, it } from '@jest/globals';
import { inspectionEventSchema, telemetrySampleSchema, type InspectionEvent } from '@chip/contracts';
import { inspectionBacklog, telemetryBacklog, type Backlog } from './machine-data.ts';

const NOW_MS = Date.UTC(2026, 0, 20);
const values = (backlog: Backlog): unknown[] =>
  Array.from({ length: backlog.records }, (_, number) => JSON.parse(backlog.record(number).value) as unknown);

describe('backlogs', () => {
  it('single samples and arrays hold as many distinct valid samples as asked for, none from the future', () => {
    for (const perRecord of [1, 100]) {
      const samples = values(telemetryBacklog(4_050, perRecord, NOW_MS)).flat();
      const parsed = samples.map((sample) => telemetrySampleSchema.parse(sample));
      const names = parsed.map(({ time, host, metric_name: metric }) => `${time} ${host} ${metric}`);
      expect(new Set(names).size).toBe(4_050);
      expect(Math.max(...parsed.map(({ time }) => Date.parse(time)))).toBeLessThan(NOW_MS);
    }
  });

  it('a sample has about 170 bytes', () => {
    const { record } = telemetryBacklog(1_000_000, 1, NOW_MS);
    for (const number of [0, 12_345, 999_999]) {
      expect(Math.abs(record(number).value.length - 170)).toBeLessThan(30);
    }
  });

  it.each([10, 444])('events with %i measurements each are valid, and no two are the same', (measurements) => {
    const backlog = inspectionBacklog(1_100, measurements, NOW_MS);
    const events = values(backlog) as InspectionEvent[];
    // They are alike, and judging 444 measurements takes longer than making them.
    const judged = measurements > 100 ? events.filter((_, number) => number % 10 === 0) : events;
    judged.forEach((event) => inspectionEventSchema.parse(event));
    expect(new Set(events.map(({ event_id: id }) => id)).size).toBe(1_100);
    expect(new Set(events.map(({ lot_id: lot, chip_id: chip }) => `${lot} ${chip}`)).size).toBe(1_100);
    expect(events.reduce((sum, event) => sum + (event.measurements?.length ?? 0), 0)).toBe(backlog.rows);
  });
});
