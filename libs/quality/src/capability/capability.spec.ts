import { describe, expect, it } from '@jest/globals';
import { PISTON_RINGS } from '../../test/reference-data.ts';
import { capabilityOfSamples, capabilityOfValues, type Capability, type SpecLimits } from './capability.ts';
import { type SigmaMethod, summarise } from '../numbers/within-sigma.ts';

const trial = PISTON_RINGS.slice(0, 25);
const capabilityOfSubgroups = (
  subgroups: readonly (readonly number[])[],
  limits: SpecLimits,
  method?: SigmaMethod,
): Capability => capabilityOfSamples(subgroups.map(summarise), limits, method);

describe('capability', () => {
  it('of piston rings agrees with the reference', () => {
    const wide = capabilityOfSubgroups(trial, { lsl: 73.95, usl: 74.05, target: 74 });
    for (const [name, value] of Object.entries({
      cp: 1.7032,
      cpl: 1.7433,
      cpu: 1.6632,
      cpk: 1.6632,
      pp: 1.6551,
      ppk: 1.6162,
    })) {
      expect(Math.abs(wide[name as 'cp']! - value)).toBeLessThan(2e-4);
    }
    expect(wide.n).toBe(125);
    expect(wide.sigma_overall).toBeCloseTo(0.01006997, 7);
    expect(wide.cpm!).toBeCloseTo(0.1 / (6 * Math.hypot(wide.sigma_within!, wide.mean! - 74)), 12);
    const narrow = capabilityOfSubgroups(trial, { lsl: 73.99, usl: 74.01 });
    expect([narrow.cp!.toFixed(3), narrow.cpk!.toFixed(3), narrow.cpm]).toEqual(['0.341', '0.301', null]);
  });

  it('follows the published example: USL 20, LSL 8, mean 16, s 2', () => {
    // NIST/SEMATECH e-Handbook 6.1.6. Neighbours that differ by 2 d2(2) on average have a within-sigma of 2.
    const step = 1.128379;
    const values = Array.from({ length: 200 }, (_, i) => 16 + (i % 2 === 0 ? step : -step));
    const result = capabilityOfValues(values, { lsl: 8, usl: 20 });
    expect(result.mean).toBeCloseTo(16, 12);
    expect(result.sigma_within).toBeCloseTo(2, 9);
    expect(result.cp).toBeCloseTo(1, 9);
    expect(result.cpu).toBeCloseTo(0.6667, 4);
    expect(result.cpl).toBeCloseTo(1.3333, 4);
    expect(result.cpk).toBeCloseTo(0.6667, 4);
  });

  it('with one limit has no Cp, and the index of that side as Cpk', () => {
    const upper = capabilityOfValues([1, 2, 3, 4], { usl: 10 });
    expect(upper).toMatchObject({ cp: null, cpl: null, pp: null, ppl: null, cpm: null });
    expect([upper.cpk, upper.ppk]).toEqual([upper.cpu, upper.ppu]);
    expect(upper.cpu).toBeCloseTo((10 - 2.5) / (3 / 1.128379), 9);
    expect(capabilityOfValues([1, 2, 3, 4], {})).toMatchObject({ cpk: null, ppk: null, mean: 2.5, n: 4 });
  });

  it('states how precisely n values know Cpk', () => {
    // Montgomery example 8.5: n = 20, estimated Cpk 1.33: 0.88 to 1.78 by this formula (z = 1.96).
    const step = ((6 / (3 * 1.33)) * 1.128379) / 2;
    const values = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? step : -step));
    const { cpk, cpk_interval } = capabilityOfValues(values, { lsl: -6, usl: 6 });
    expect(cpk).toBeCloseTo(1.33, 6);
    expect(cpk_interval!.lower).toBeCloseTo(cpk! - 1.96 * Math.sqrt(1 / 180 + cpk! ** 2 / 38), 4);
    expect(cpk_interval!.lower).toBeCloseTo(0.88, 2);
    expect(cpk_interval!.upper).toBeCloseTo(1.78, 2);
    expect(capabilityOfValues([1], { usl: 2 }).cpk_interval).toBeNull();
  });

  it('takes no moving range across a missing value', () => {
    const result = capabilityOfValues([1, 2, null, 100, 101], { usl: 200 });
    expect(result.sigma_within).toBeCloseTo(1 / 1.128379, 9);
    expect(result.n).toBe(4);
  });

  it('uses S/c4 for subgroups of more than ten', () => {
    const eleven = Array.from({ length: 11 }, (_, i) => i);
    // c4(11) = 0.975350 (Montgomery, appendix VI); s of 0..10 is the root of 11.
    expect(capabilityOfSubgroups([eleven, eleven], {}).sigma_within).toBeCloseTo(Math.sqrt(11) / 0.97535, 4);
  });

  it('of too few values, or values without spread, is null and never infinite', () => {
    expect(capabilityOfValues([], { lsl: 0, usl: 1 })).toMatchObject({
      n: 0,
      mean: null,
      sigma_within: null,
      cp: null,
      cpk: null,
    });
    expect(capabilityOfValues([1], { lsl: 0, usl: 1 })).toMatchObject({ n: 1, mean: 1, sigma_overall: null, pp: null });
    expect(capabilityOfValues([1, 1, 1], { lsl: 0, usl: 1 })).toMatchObject({
      sigma_within: 0,
      cp: null,
      cpk: null,
      ppk: null,
    });
    expect(capabilityOfSubgroups([[1], [2]], { lsl: 0, usl: 3 })).toMatchObject({ sigma_within: null, cp: null, n: 2 });
  });
});
