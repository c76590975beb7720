import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareTools, type ToolSample } from './tool-comparison.ts';

/** Samples of 1,000 units with the given failures each. */
const samples = (tool: string, failures: readonly number[], stratum = ''): ToolSample[] =>
  failures.map((failed) => ({ tool, stratum, units: 1000, passed: 1000 - failed }));
const of = (all: ToolSample[], tool: string) => compareTools(all).tools.find((verdict) => verdict.tool === tool)!;

describe('comparison of tools', () => {
  it('is the rank sum test within one stratum', () => {
    // Ranks 5, 6, 7 of 7: sum 18 against 12, variance 3 x 4 x 8 / 12 = 8; continuity 0.5.
    const all = [...samples('A', [50, 60, 70]), ...samples('B', [10, 20]), ...samples('C', [30, 40])];
    expect(of(all, 'A').z).toBeCloseTo(5.5 / Math.sqrt(8), 12);
    // Two-sided normal tail of 1.9445.
    expect(of(all, 'A').p!).toBeCloseTo(0.05183, 4);
    expect(of(all, 'B')).toMatchObject({ samples: 2, p: null });
  });

  it('Kruskal and Wallis within each stratum', () => {
    // Ranks 1..3, 4..6, 7..9: H = 12 / 90 x (36 + 225 + 576) / 3 - 30 = 7.2, two degrees of freedom.
    const all = [...samples('A', [1, 2, 3]), ...samples('B', [4, 5, 6]), ...samples('C', [7, 8, 9])];
    expect(compareTools(all).p!).toBeCloseTo(Math.exp(-3.6), 9);
    const second = all.map((sample) => ({ ...sample, stratum: 'other' }));
    // Twice the statistic, twice the degrees of freedom: (1 + x/2) exp(-x/2).
    expect(compareTools([...all, ...second]).p!).toBeCloseTo(8.2 * Math.exp(-7.2), 9);
  });

  it('does not blame the tool that got the difficult product', () => {
    const all = [
      ...samples('A', [100, 110, 120, 130], 'hard'),
      ...samples('B', [115], 'hard'),
      ...samples('A', [12, 19], 'easy'),
      ...samples('B', [10, 12, 14, 16, 18, 20, 22, 24, 26], 'easy'),
      ...samples('C', [11, 13, 15, 17, 19, 21], 'easy'),
    ];
    expect(of(all, 'A').p!).toBeGreaterThan(0.2);
    const unstratified = all.map((sample) => ({ ...sample, stratum: '' }));
    expect(of(unstratified, 'A').p!).toBeLessThan(0.1);
    // A product that only one tool has compares it with nothing.
    expect(of([...all, ...samples('D', [900, 900, 900], 'own')], 'D')).toMatchObject({ samples: 0, z: 0, p: null });
  });

  it('of equal yields finds nothing', () => {
    const all = [...samples('A', [5, 5, 5]), ...samples('B', [5, 5, 5])];
    expect(compareTools(all)).toMatchObject({ p: null });
    expect(of(all, 'A')).toMatchObject({ z: 0, p: 1 });
    expect(compareTools([])).toEqual({ tools: [], p: null, dispersion: null });
  });

  it('says how much more lots differ than independent units would', () => {
    // p = 0.9, variance of 1,000 units 90: (20^2 + 20^2) / 90 over one degree of freedom.
    expect(compareTools(samples('A', [80, 120])).dispersion).toBeCloseTo(800 / 90, 9);
    expect(compareTools(samples('A', [100, 100])).dispersion).toBe(1);
    expect(compareTools(samples('A', [100])).dispersion).toBeNull();
  });

  it('learns nothing about that from lots in which nothing fails, or everything', () => {
    const wild = samples('B', [500, 100, 0]);
    const { dispersion } = compareTools(wild);
    expect(dispersion).toBeGreaterThan(100);
    for (const failed of [0, 1000]) {
      expect(compareTools([...wild, ...samples('A', Array<number>(100).fill(failed))]).dispersion).toBe(dispersion);
      expect(compareTools(samples('A', [failed, failed])).dispersion).toBe(1);
    }
  });

  const anySample = fc.record({
    tool: fc.constantFrom('A', 'B', 'C'),
    stratum: fc.constantFrom('x', 'y'),
    units: fc.constantFrom(10, 100),
    passed: fc.nat(10),
  });

  it('of equal samples in one is that of each on its own', () => {
    const counted = fc.record({ sample: anySample, times: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(fc.array(counted, { maxLength: 30 }), (all) => {
        const together = compareTools(all.map(({ sample, times }) => ({ ...sample, times })));
        const apart = compareTools(all.flatMap(({ sample, times }) => Array.from({ length: times }, () => sample)));
        expect(together.tools.map(({ tool, samples: n }) => [tool, n])).toEqual(
          apart.tools.map(({ tool, samples: n }) => [tool, n]),
        );
        for (const [i, { z, p }] of together.tools.entries()) {
          expect(z).toBeCloseTo(apart.tools[i]!.z, 9);
          expect(p ?? -1).toBeCloseTo(apart.tools[i]!.p ?? -1, 9);
        }
        expect(together.p ?? -1).toBeCloseTo(apart.p ?? -1, 9);
        expect(together.dispersion ?? -1).toBeCloseTo(apart.dispersion ?? -1, 9);
      }),
    );
  });

  it('does not depend on the order of the samples', () => {
    fc.assert(
      fc.property(fc.array(anySample, { maxLength: 30 }), (all) => {
        const forward = new Map(compareTools(all).tools.map((verdict) => [verdict.tool, verdict]));
        for (const { tool, samples: n, z } of compareTools([...all].reverse()).tools) {
          expect(forward.get(tool)!.samples).toBe(n);
          expect(forward.get(tool)!.z).toBeCloseTo(z, 9);
        }
      }),
    );
  });
});
