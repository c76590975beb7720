import { describe, expect, it } from '@jest/globals';
import { parseTime, telemetrySampleSchema, type TelemetrySample } from '@chip/contracts';
import fc from 'fast-check';
import { EquipmentTelemetry } from './equipment-telemetry.ts';
import { EQUIPMENT } from './catalogue.ts';

const START_MS = Date.UTC(2026, 2, 14);
const telemetry = (seed: string, samplesPerSecond = 10): EquipmentTelemetry =>
  new EquipmentTelemetry({ seed, startMs: START_MS, samplesPerSecond });
const samples = (from: EquipmentTelemetry, count: number): TelemetrySample[] =>
  Array.from({ length: count }, (_, n) => from.sample(n));

describe('equipment telemetry', () => {
  it('gives the same samples for the same seed, whatever was asked before', () => {
    const [one, other] = [telemetry('a'), telemetry('a')];
    other.sample(77);
    expect(samples(one, 500)).toEqual(samples(other, 500));
    expect(samples(telemetry('b'), 500)).not.toEqual(samples(one, 500));
  });

  it('yields only samples that the contract accepts, for any seed, rate and place in the series', () => {
    fc.assert(
      fc.property(fc.string(), fc.double({ min: 0.01, max: 1e6, noNaN: true }), fc.maxSafeNat(), (seed, rate, n) => {
        // A place that the calendar still has: the next hundred years.
        const sample = telemetry(seed, rate).sample(n % Math.ceil(rate * 3e9));
        expect(telemetrySampleSchema.safeParse(sample).error?.issues).toBeUndefined();
      }),
    );
  });

  it('keeps the rate, and reports a few samples late but none early', () => {
    const all = samples(telemetry('late', 10), 40_000);
    const lag = all.map((sample, n) => START_MS + n * 100 - parseTime(sample.time) / 1000);
    expect(Math.min(...lag)).toBeGreaterThanOrEqual(0);
    const late = lag.filter((ms) => ms > 0);
    expect(late.length).toBeGreaterThan(2);
    expect(late.length).toBeLessThan(40);
    expect(telemetry('late', 10).dueUntil(START_MS + 3_000)).toBe(30);
    expect(telemetry('late', 10).dueUntil(START_MS - 1)).toBe(0);
    expect(telemetry('late', 0).dueUntil(START_MS + 3_000)).toBe(0);
  });

  it('speaks for every equipment, with its metrics and units', () => {
    const all = samples(telemetry('all'), 1000);
    expect(new Set(all.map((sample) => sample.tags?.['equipment_id']))).toEqual(
      new Set(EQUIPMENT.map((equipment) => equipment.id)),
    );
    const metrics = new Set(all.map((sample) => sample.metric_name));
    for (const name of ['temperature', 'pressure', 'response_time_ms', 'vibration']) {
      expect(metrics).toContain(name);
    }
  });

  it('has a daily pattern: warmer in the afternoon than at night', () => {
    // One sample of every series per hour of a day.
    const all = samples(telemetry('day', 0.05), 24 * 180);
    const meanAt = (hour: string): number => {
      const values = all
        .filter((sample) => sample.metric_name === 'temperature' && sample.time.slice(11, 13) === hour)
        .map((sample) => sample.metric_value);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    expect(meanAt('15') - meanAt('03')).toBeGreaterThan(0.8);
  });

  it('shows the faults of the inspections in the machine signals', () => {
    const all = samples(telemetry('fault'), 5000);
    const mean = (metric: string, id: string): number => {
      const values = all.filter((sample) => sample.metric_name === metric && sample.tags?.['equipment_id'] === id);
      return values.reduce((sum, sample) => sum + sample.metric_value, 0) / values.length;
    };
    expect(mean('contact_resistance', 'PRB-03')).toBeGreaterThan(1.8 * mean('contact_resistance', 'PRB-01'));
    expect(mean('vibration', 'AOI-02')).toBeGreaterThan(2 * mean('vibration', 'AOI-01'));
  });
});
