import { expect } from '@jest/globals';
import { type ChartPanel } from '../src/charts/chart.ts';

export const rules = ['beyond_limits'] as const;
export const limits = ({ lower, centre, upper }: ChartPanel): (number | null)[] => [lower, centre, upper];
export const near = (actual: readonly (number | null)[], expected: readonly number[], tolerance: number): void =>
  expected.forEach((value, i) => expect(Math.abs((actual[i] as number) - value)).toBeLessThanOrEqual(tolerance));
/** Indices of the violations of a panel. */
export const beyond = (panel: ChartPanel): number[] => panel.violations.map(({ index }) => index);
