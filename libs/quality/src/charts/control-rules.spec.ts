import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CONTROL_RULES, type ControlRule, RuleSearch, type RuleViolation } from './control-rules.ts';

/** Points from their distances to the centre in sigma; null is a gap. */
const points = (zs: readonly (number | null)[]) =>
  zs.flatMap((z, index) => (z === null ? [] : [{ index, value: z, z, isBeyondLimits: Math.abs(z) > 3 }]));
function violations(of: ReturnType<typeof points>, rules: readonly ControlRule[]): RuleViolation[] {
  const search = new RuleSearch(rules);
  of.forEach(({ index, value, z, isBeyondLimits }) => search.add(index, value, z, isBeyondLimits));
  return search.found;
}
const indices = (rule: ControlRule, zs: readonly (number | null)[]): number[] =>
  violations(points(zs), [rule]).map(({ index }) => index);
const times = (n: number, z: number): number[] => Array<number>(n).fill(z);
const alternating = (n: number): number[] => Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 0.5 : -0.5));

describe('rules, each at the last point of its pattern', () => {
  it.each<[ControlRule, (number | null)[], number[]]>([
    ['beyond_limits', [0, 3.01, -3.01, 3], [1, 2]],
    ['western_electric_1', [0, 3.01], [1]],
    ['nelson_1', [3, -4], [1]],
    // 2 of 3 beyond 2 sigma on one side, the last point itself beyond.
    ['western_electric_2', [0, 2.1, 2.2], [2]],
    ['western_electric_2', [2.1, 0, 2.2], [2]],
    ['western_electric_2', [0, 2.1, 2.2, 0], [2]],
    ['western_electric_2', [2.1, 2.2], []],
    ['western_electric_2', [0, 2.1, -2.2], []],
    ['western_electric_2', [0, 2, 2], []],
    ['nelson_5', [0, -2.1, -2.2, -2.3], [2, 3]],
    // 4 of 5 beyond 1 sigma on one side, the last point itself beyond.
    ['western_electric_3', [1.1, 1.1, 0, 1.1, 1.1], [4]],
    ['western_electric_3', [1.1, 1.1, 1.1, 1.1, 0], []],
    ['western_electric_3', [0, 1.1, 1.1, 1.1], []],
    ['nelson_6', [0, -1.1, -1.1, -1.1, -1.1, 0.1, -1.1], [4, 6]],
    // The centre itself is not a side.
    ['western_electric_4', times(8, 0.1), [7]],
    ['western_electric_4', [...times(7, 0.1), 0, ...times(7, 0.1)], []],
    ['western_electric_4', times(10, -0.1), [7, 8, 9]],
    ['nelson_2', times(8, 0.1), []],
    ['nelson_2', times(9, 0.1), [8]],
    // 6 points that rise: five steps.
    ['nelson_3', [0, 0.1, 0.2, 0.3, 0.4, 0.5], [5]],
    ['nelson_3', [0.5, 0.4, 0.3, 0.2, 0.1, 0, -0.1], [5, 6]],
    ['nelson_3', [0, 0.1, 0.2, 0.3, 0.3, 0.5], []],
    ['nelson_4', alternating(14), [13]],
    ['nelson_4', alternating(13), []],
    ['nelson_4', [...alternating(7), ...alternating(7)], []],
    ['nelson_7', times(15, 0.9), [14]],
    ['nelson_7', [...times(14, 0.9), 1], []],
    // On both sides; otherwise it is another pattern.
    ['nelson_8', [1.1, 1.1, 1.1, 1.1, -1.1, 1.1, 1.1, 1.1], [7]],
    ['nelson_8', times(8, 1.1), []],
    ['nelson_8', [1.1, 1.1, 1.1, 1.1, -1.1, 1.1, 0.9, 1.1], []],
    // No pattern spans a gap.
    ['western_electric_4', [...times(4, 1), null, ...times(4, 1)], []],
    ['western_electric_2', [2.1, null, 2.1, 2.1], []],
    ['nelson_3', [0, 0.1, 0.2, null, 0.3, 0.4, 0.5], []],
  ])('%s on %j: %j', (rule, zs, expected) => {
    expect(indices(rule, zs)).toEqual(expected);
  });

  it('are listed by index, several at one point in the order of the request', () => {
    expect(violations(points([...times(8, 0.1), 4]), ['nelson_2', 'beyond_limits', 'western_electric_4'])).toEqual([
      { rule: 'western_electric_4', index: 7 },
      { rule: 'nelson_2', index: 8 },
      { rule: 'beyond_limits', index: 8 },
      { rule: 'western_electric_4', index: 8 },
    ]);
  });

  it('find the same patterns upside down', () => {
    const zs = fc.array(fc.constantFrom(-3.5, -2.5, -1.5, -0.5, 0, 0.5, 1.5, 2.5, 3.5), { maxLength: 40 });
    fc.assert(
      fc.property(zs, (values) => {
        expect(violations(points(values.map((z) => -z)), CONTROL_RULES)).toEqual(
          violations(points(values), CONTROL_RULES),
        );
      }),
    );
  });

  /** The texts of the rules, read one by one on the points themselves. */
  const plainly = (zs: readonly (number | null)[], index: number): ControlRule[] => {
    const run = zs.slice(zs.lastIndexOf(null, index) + 1, index + 1) as number[];
    const latest = (length: number): number[] => (run.length < length ? [] : run.slice(-length));
    const every = (length: number, test: (z: number) => boolean): boolean =>
      run.length >= length && latest(length).every(test);
    const oneSide = (length: number): boolean => every(length, (z) => z > 0) || every(length, (z) => z < 0);
    const many = (count: number, length: number, sigma: number): boolean =>
      [1, -1].some(
        (side) =>
          latest(length).filter((z) => z * side > sigma).length >= count && (run.at(-1) as number) * side > sigma,
      );
    const steps = (length: number): number[] =>
      latest(length)
        .slice(1)
        .map((z, nth) => Math.sign(z - (latest(length)[nth] as number)));
    const isBeyond = Math.abs(run.at(-1) as number) > 3;
    const found: Readonly<Record<ControlRule, boolean>> = {
      beyond_limits: isBeyond,
      western_electric_1: isBeyond,
      western_electric_2: many(2, 3, 2),
      western_electric_3: many(4, 5, 1),
      western_electric_4: oneSide(8),
      nelson_1: isBeyond,
      nelson_2: oneSide(9),
      nelson_3: run.length >= 6 && Math.abs(steps(6).reduce((sum, step) => sum + step, 0)) === 5,
      nelson_4:
        run.length >= 14 &&
        steps(14).every((step, nth, all) => step !== 0 && (nth === 0 || step === -(all[nth - 1] ?? 0))),
      nelson_5: many(2, 3, 2),
      nelson_6: many(4, 5, 1),
      nelson_7: every(15, (z) => Math.abs(z) < 1),
      nelson_8: every(8, (z) => Math.abs(z) > 1) && latest(8).some((z) => z > 0) && latest(8).some((z) => z < 0),
    };
    return CONTROL_RULES.filter((rule) => found[rule]);
  };

  it.each([
    ['anything', [-3.5, -2.5, -1.5, -0.5, 0, 0.5, 1.5, 2.5, 3.5, null]],
    ['what stays near the centre', [-0.5, 0.5, 0.7, -0.7, 1]],
    ['what avoids the centre', [-1.5, 1.5, 2.5, 1]],
  ])('find what their texts say in %s', (_what, levels) => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...levels), { maxLength: 60 }), (zs) => {
        expect(violations(points(zs), CONTROL_RULES)).toEqual(
          zs.flatMap((z, index) => (z === null ? [] : plainly(zs, index).map((rule) => ({ rule, index })))),
        );
      }),
      { numRuns: 300 },
    );
  });
});
