import { describe, expect, it } from '@jest/globals';
import { beyond, limits, near, rules } from '../../test/panels.ts';
import { PISTON_RINGS } from '../../test/reference-data.ts';
import { summarise } from '../numbers/within-sigma.ts';
import { ChartDataError, type ControlChart } from './chart.ts';
import { betweenWithinChart, subgroupChart as chartOfSamples, type SubgroupOptions } from './subgroups.ts';

const subgroupChart = (
  kind: 'xbar_r' | 'xbar_s',
  subgroups: readonly (readonly number[])[],
  options: SubgroupOptions,
): ControlChart => chartOfSamples(kind, subgroups.map(summarise), options);

describe('subgroups', () => {
  // qcc, docs/articles/qcc.html: piston rings, limits from samples 1 to 25.
  const baseline = { from: 0, to: 25 };
  const trial = PISTON_RINGS.slice(0, 25);

  it('X-bar and R agree with the published limits', () => {
    const { sigma, location, dispersion } = subgroupChart('xbar_r', trial, { rules });
    near(limits(location), [73.98805, 74.001176, 74.0143], 1e-5);
    // The source rounds d2(5) to 2.326.
    near([sigma!], [0.009785039], 1e-6);
    near(limits(dispersion!), [0, 0.02276, 0.04812533], 2e-6);
    expect([beyond(location), beyond(dispersion!)]).toEqual([[], []]);
  });

  it('X-bar and S agree with the published limits', () => {
    const { sigma, location, dispersion } = subgroupChart('xbar_s', trial, { rules });
    near(limits(location), [73.987988, 74.001176, 74.014364], 1e-5);
    near([sigma!], [0.009829977], 1e-8);
    near(limits(dispersion!), [0, 0.009240037, 0.01930242], 1e-6);
  });

  it('samples 37, 38 and 39 are beyond the limits of the first 25', () => {
    expect(beyond(subgroupChart('xbar_r', PISTON_RINGS, { rules, baseline }).location)).toEqual([36, 37, 38]);
  });

  it('of different sizes have limits by point, and null where a panel has no single one', () => {
    const { location, dispersion, sigma } = subgroupChart('xbar_r', [[1, 3], [2, 4, 6], [], [5]], { rules });
    const [w2, w3] = [(1.128379 / 0.852502) ** 2, (1.692569 / 0.888368) ** 2];
    const weightedSigma = (w2 * (2 / 1.128379) + w3 * (4 / 1.692569)) / (w2 + w3);
    expect(sigma).toBeCloseTo(weightedSigma, 9);
    expect([location.lower, location.upper]).toEqual([null, null]);
    expect(location.centre).toBeCloseTo(3.5, 12);
    expect(location.points.map((p) => [p.index, p.value, p.size])).toEqual([
      [0, 2, 2],
      [1, 4, 3],
      [3, 5, 1],
    ]);
    const [two, three] = location.points;
    expect(two!.upper).toBeCloseTo(3.5 + (3 * sigma!) / Math.sqrt(2), 9);
    expect(three!.upper).toBeCloseTo(3.5 + (3 * sigma!) / Math.sqrt(3), 9);
    expect([dispersion!.centre, dispersion!.upper, dispersion!.lower]).toEqual([null, null, 0]);
    expect(dispersion!.points.map((p) => p.index)).toEqual([0, 1]);
  });

  // Montgomery 6.2.3: standards given. Of five values D2 = 4.918, D1 = 0; B5 = 0, B6 = 1.964.
  it('given target and sigma hold both panels: a spread that grows does not raise its own limits', () => {
    const grown = [
      [-6, 0, 1, 2, 6],
      [-5, 0, 1, 2, 7],
    ];
    const r = subgroupChart('xbar_r', grown, { rules, target: 0, sigma: 1 });
    near(limits(r.dispersion!), [0, 2.325929, 4.918], 1e-3);
    expect(beyond(r.dispersion!)).toEqual([0, 1]);
    near(limits(r.location), [-3 / Math.sqrt(5), 0, 3 / Math.sqrt(5)], 1e-12);
    const s = subgroupChart('xbar_s', grown, { rules, target: 0, sigma: 1 });
    near(limits(s.dispersion!), [0, 0.939986, 1.964], 1e-3);
    expect(beyond(s.dispersion!)).toEqual([0, 1]);
    // One sample of one value is enough.
    expect(beyond(subgroupChart('xbar_r', [[9], [8]], { rules, target: 0, sigma: 1 }).location)).toEqual([0, 1]);
  });

  it('of two and of ten: each method of sigma, and which of them follows the larger samples', () => {
    const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const groups = [[0, 20], ten, ten];
    const sigma = (kind: 'xbar_r' | 'xbar_s', sigmaMethod?: 'mean' | 'weighted' | 'pooled'): number =>
      subgroupChart(kind, groups, { rules, sigmaMethod }).sigma!;
    const r = [20 / 1.128379, 9 / 3.077505];
    const w = [(1.128379 / 0.852502) ** 2, (3.077505 / 0.797051) ** 2] as const;
    expect(sigma('xbar_r', 'mean')).toBeCloseTo((r[0]! + 2 * r[1]!) / 3, 9);
    expect(sigma('xbar_r', 'weighted')).toBeCloseTo((w[0] * r[0]! + 2 * w[1] * r[1]!) / (w[0] + 2 * w[1]), 9);
    expect(sigma('xbar_r')).toBe(sigma('xbar_r', 'weighted'));
    // S^2 = 200 with 1 degree of freedom, 82.5 / 9 with 9 twice; c4(20) = 0.986934 (Montgomery, appendix VI: 0.9869).
    expect(sigma('xbar_s', 'pooled')).toBeCloseTo(Math.sqrt((200 + 82.5 + 82.5) / 19) / 0.986934, 5);
    expect(sigma('xbar_s', 'weighted')).toBeLessThan(sigma('xbar_s', 'mean'));
  });

  it('too large for a range are refused; S takes them', () => {
    const large = [Array.from({ length: 26 }, (_, i) => i), [1, 2]];
    expect(() => subgroupChart('xbar_r', large, { rules })).toThrow(/xbar_s/);
    expect(subgroupChart('xbar_s', large, { rules }).location.points).toHaveLength(2);
    expect(() => subgroupChart('xbar_s', [[1], [2]], { rules })).toThrow(ChartDataError);
  });
});

describe('between and within', () => {
  it('is an individuals chart of the means, with the ranges within', () => {
    const groups = [[1, 2, 3], [2, 3, 4], [1, 3, 5], [], [2, 2, 2]];
    const { location, dispersion, within, sigma } = betweenWithinChart(groups.map(summarise), { rules });
    expect(location.points.map((p) => [p.index, p.value])).toEqual([
      [0, 2],
      [1, 3],
      [2, 3],
      [4, 2],
    ]);
    expect(sigma).toBeCloseTo(0.5 / 1.128379, 12);
    expect(dispersion!.centre).toBeCloseTo(0.5, 12);
    expect([within!.centre, within!.points.map((p) => p.value)]).toEqual([2, [2, 2, 4, 0]]);
    expect(() => betweenWithinChart(groups.map(summarise), { rules, target: 1, sigma: 1 })).toThrow(ChartDataError);
  });

  it('with target, sigma of the means and sigma within given takes no limit from the samples', () => {
    const given = { rules, target: 2, sigma: 0.5, sigmaWithin: 1 };
    const { location, dispersion, within, sigma_within } = betweenWithinChart([[1, 9, 1]].map(summarise), given);
    expect([location.lower, location.upper, location.violations.length]).toEqual([0.5, 3.5, 1]);
    expect(dispersion!.centre).toBeCloseTo(1.128379 / 2, 9);
    expect([within!.centre, sigma_within, within!.violations.length]).toEqual([1.692569, 1, 1]);
    expect(betweenWithinChart([], given).location.centre).toBe(2);
  });

  it('of large samples takes their standard deviations', () => {
    const eleven = Array.from({ length: 11 }, (_, i) => i);
    expect(betweenWithinChart([eleven, eleven].map(summarise), { rules }).within!.centre).toBeCloseTo(Math.sqrt(11), 9);
  });
});
