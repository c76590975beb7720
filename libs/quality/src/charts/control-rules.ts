/** Rules have names because their numbers differ between sources: Western Electric 4 is 8 in a row, Nelson 2 is 9. */
export const WESTERN_ELECTRIC = [
  'western_electric_1',
  'western_electric_2',
  'western_electric_3',
  'western_electric_4',
] as const;
export const NELSON = [
  'nelson_1',
  'nelson_2',
  'nelson_3',
  'nelson_4',
  'nelson_5',
  'nelson_6',
  'nelson_7',
  'nelson_8',
] as const;
export const CONTROL_RULES = ['beyond_limits', ...WESTERN_ELECTRIC, ...NELSON] as const;
export type ControlRule = (typeof CONTROL_RULES)[number];

/** What each rule detects. It reports a pattern at the last point of the pattern. */
export const RULE_TEXTS: Readonly<Record<ControlRule, string>> = {
  beyond_limits: 'a point strictly beyond a control limit',
  western_electric_1: 'a point strictly beyond a control limit',
  western_electric_2: '2 of 3 points beyond 2 sigma on one side, the last included',
  western_electric_3: '4 of 5 points beyond 1 sigma on one side, the last included',
  western_electric_4: '8 points in a row on one side of the centre',
  nelson_1: 'a point strictly beyond a control limit',
  nelson_2: '9 points in a row on one side of the centre',
  nelson_3: '6 points in a row, all rising or all falling',
  nelson_4: '14 points in a row, rising and falling alternately',
  nelson_5: '2 of 3 points beyond 2 sigma on one side, the last included',
  nelson_6: '4 of 5 points beyond 1 sigma on one side, the last included',
  nelson_7: '15 points in a row within 1 sigma',
  nelson_8: '8 points in a row beyond 1 sigma, on both sides of the centre',
};

/** A point as the rules see it. */
export interface RulePoint {
  /** Position in the data; a missing number between two points is a gap, which no pattern spans. */
  readonly index: number;
  readonly value: number;
  /** Signed distance from the centre in the point's own sigma. */
  readonly z: number;
  readonly isBeyondLimits: boolean;
}

export interface RuleViolation {
  readonly rule: ControlRule;
  readonly index: number;
}

/** Whether the pattern of a rule ends at the last point of `run`: the consecutive points since the latest gap. */
type Pattern = (run: readonly RulePoint[]) => boolean;

const lastOf = (run: readonly RulePoint[], length: number): readonly RulePoint[] | undefined =>
  run.length < length ? undefined : run.slice(-length);

/** A pattern of the last `length` points of a run. */
const every = (length: number, test: (points: readonly RulePoint[]) => boolean): Pattern => {
  return (run) => {
    const points = lastOf(run, length);
    return points !== undefined && test(points);
  };
};

const SIDES = [1, -1] as const;
const oneSide = (length: number): Pattern =>
  every(length, (points) => SIDES.some((side) => points.every(({ z }) => z * side > 0)));

/** `count` of `length` points beyond `sigmas` on one side; the last point itself must be one of them. */
const manyBeyond = (count: number, length: number, sigmas: number): Pattern =>
  every(length, (points) =>
    SIDES.some((side) => {
      const isBeyond = ({ z }: RulePoint): boolean => z * side > sigmas;
      return isBeyond(points.at(-1) as RulePoint) && points.filter(isBeyond).length >= count;
    }),
  );

const steps = (points: readonly RulePoint[]): number[] =>
  points.slice(1).map((point, i) => Math.sign(point.value - (points[i] as RulePoint).value));

const beyondLimits: Pattern = (run) => run.at(-1)?.isBeyondLimits === true;

const PATTERNS: Readonly<Record<ControlRule, Pattern>> = {
  beyond_limits: beyondLimits,
  western_electric_1: beyondLimits,
  western_electric_2: manyBeyond(2, 3, 2),
  western_electric_3: manyBeyond(4, 5, 1),
  western_electric_4: oneSide(8),
  nelson_1: beyondLimits,
  nelson_2: oneSide(9),
  nelson_3: every(6, (points) => SIDES.some((side) => steps(points).every((step) => step === side))),
  nelson_4: every(14, (points) =>
    steps(points).every((step, i, all) => step !== 0 && (i === 0 || step === -(all[i - 1] as number))),
  ),
  nelson_5: manyBeyond(2, 3, 2),
  nelson_6: manyBeyond(4, 5, 1),
  nelson_7: every(15, (points) => points.every(({ z }) => Math.abs(z) < 1)),
  nelson_8: every(
    8,
    (points) =>
      points.every(({ z }) => Math.abs(z) > 1) && points.some(({ z }) => z > 0) && points.some(({ z }) => z < 0),
  ),
};

/** Length of the longest pattern. Runs are cut to it, so that each point costs the same. */
export const LONGEST_PATTERN = 15;

/** Every violation, by index and then in the order of `rules`. */
export function violations(points: readonly RulePoint[], rules: readonly ControlRule[]): RuleViolation[] {
  const found: RuleViolation[] = [];
  let run: RulePoint[] = [];
  for (const point of points) {
    const previous = run.at(-1);
    if (previous !== undefined && point.index !== previous.index + 1) {
      run = [];
    }
    run.push(point);
    if (run.length > LONGEST_PATTERN) {
      run.shift();
    }
    for (const rule of rules) {
      if (PATTERNS[rule](run)) {
        found.push({ rule, index: point.index });
      }
    }
  }
  return found;
}
