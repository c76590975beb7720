import { describe, expect, it } from '@jest/globals';
import { rolledThroughput, unitYield } from './unit-yield.ts';

describe('unitYield', () => {
  it('divides passing units by units', () => {
    expect(unitYield(200, 190)).toEqual({ units: 200, passed: 190, failed: 10, yield: 0.95, dppm: 50_000 });
  });

  it('has no yield without units', () => {
    expect(unitYield(0, 0)).toEqual({ units: 0, passed: 0, failed: 0, yield: null, dppm: null });
  });
});

describe('rolledThroughput', () => {
  const at = (step: string, units: number, passed: number, product: string | null = 'A') => ({
    product,
    inspection_type: 'electrical',
    step,
    units,
    passed,
  });

  it('multiplies the first-pass yields of the operations', () => {
    const { yield: rolled, dppm, steps } = rolledThroughput([at('probe', 100, 90), at('final', 90, 81)]);
    expect(rolled).toBeCloseTo(0.81, 12);
    expect(dppm).toBeCloseTo(190_000, 6);
    expect(steps.map((step) => step.yield)).toEqual([0.9, 0.9]);
  });

  it('adds up products that share their operations', () => {
    const { yield: rolled, steps } = rolledThroughput([at('probe', 100, 90), at('probe', 100, 70, 'B')]);
    expect(steps).toEqual([{ inspection_type: 'electrical', step: 'probe', units: 200, passed: 160, yield: 0.8 }]);
    expect(rolled).toBeCloseTo(0.8, 12);
  });

  it('has no product across different routes, nor of no operations', () => {
    expect(rolledThroughput([at('probe', 10, 9), at('final', 10, 9, 'B')])).toMatchObject({ yield: null, dppm: null });
    expect(rolledThroughput([])).toEqual({ yield: null, dppm: null, steps: [] });
  });
});
