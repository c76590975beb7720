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

export interface RuleViolation {
  readonly rule: ControlRule;
  readonly index: number;
}

/** Length of the longest pattern: more of a run is not looked at. */
export const LONGEST_PATTERN = 15;

/** The last bits of a number. */
const last = (length: number): number => (1 << length) - 1;

/**
 * What the rules ask of the latest points of a run, and of the step that leads to each: one bit per point, the lowest is
 * the latest one's. Bits instead of points, because a rule looks at up to 15 of them for each of 50,000 points.
 */
class Run {
  length = 0;
  beyondLimits = 0;
  above = 0;
  below = 0;
  above1 = 0;
  below1 = 0;
  above2 = 0;
  below2 = 0;
  within1 = 0;
  rising = 0;
  falling = 0;

  #before = NaN;

  add(value: number, z: number, isBeyondLimits: boolean): void {
    this.length += 1;
    this.beyondLimits = pushed(this.beyondLimits, isBeyondLimits);
    this.above = pushed(this.above, z > 0);
    this.below = pushed(this.below, z < 0);
    this.above1 = pushed(this.above1, z > 1);
    this.below1 = pushed(this.below1, z < -1);
    this.above2 = pushed(this.above2, z > 2);
    this.below2 = pushed(this.below2, z < -2);
    this.within1 = pushed(this.within1, z > -1 && z < 1);
    this.rising = pushed(this.rising, value > this.#before);
    this.falling = pushed(this.falling, value < this.#before);
    this.#before = value;
  }
}

const pushed = (bits: number, bit: boolean): number => ((bits << 1) | (bit ? 1 : 0)) & last(LONGEST_PATTERN);

/** Whether the pattern of a rule ends at the last point of a run. */
type Pattern = (run: Run) => boolean;

const all = (bits: number, length: number): boolean => (bits & last(length)) === last(length);

function countOf(bits: number): number {
  let count = 0;
  for (let left = bits; left > 0; left &= left - 1) {
    count += 1;
  }
  return count;
}

const oneSide =
  (length: number): Pattern =>
  ({ above, below }) =>
    all(above, length) || all(below, length);

/** `count` of `length` points, the last one included. */
const many = (bits: number, count: number, length: number): boolean =>
  all(bits, 1) && countOf(bits & last(length)) >= count;
const twoBeyond2: Pattern = ({ length, above2, below2 }) => length >= 3 && (many(above2, 2, 3) || many(below2, 2, 3));
const fourBeyond1: Pattern = ({ length, above1, below1 }) => length >= 5 && (many(above1, 4, 5) || many(below1, 4, 5));

/** Steps up, the steps between them down. */
const UP_AND_DOWN = [0b1010101010101, 0b0101010101010] as const;
const alternating: Pattern = ({ rising, falling }) => {
  const [up, down] = [rising & last(13), falling & last(13)];
  return (up === UP_AND_DOWN[0] && down === UP_AND_DOWN[1]) || (up === UP_AND_DOWN[1] && down === UP_AND_DOWN[0]);
};

const beyondLimits: Pattern = (run) => all(run.beyondLimits, 1);

const PATTERNS: Readonly<Record<ControlRule, Pattern>> = {
  beyond_limits: beyondLimits,
  western_electric_1: beyondLimits,
  western_electric_2: twoBeyond2,
  western_electric_3: fourBeyond1,
  western_electric_4: oneSide(8),
  nelson_1: beyondLimits,
  nelson_2: oneSide(9),
  nelson_3: ({ rising, falling }) => all(rising, 5) || all(falling, 5),
  nelson_4: alternating,
  nelson_5: twoBeyond2,
  nelson_6: fourBeyond1,
  nelson_7: ({ within1 }) => all(within1, 15),
  nelson_8: ({ above1, below1 }) => all(above1 | below1, 8) && (above1 & last(8)) !== 0 && (below1 & last(8)) !== 0,
};

/** Looks for the patterns of rules among points that come one after the other. */
export class RuleSearch {
  /** Every violation so far, by index and then in the order of the rules. */
  readonly found: RuleViolation[] = [];
  readonly #patterns: readonly (readonly [ControlRule, Pattern])[];
  #run = new Run();
  #last = -1;

  constructor(rules: readonly ControlRule[]) {
    this.#patterns = rules.map((rule) => [rule, PATTERNS[rule]]);
  }

  /**
   * @param index position in the data; a missing number between two points is a gap, which no pattern spans
   * @param z signed distance from the centre in the point's own sigma; NaN on the centre where there is no sigma
   */
  add(index: number, value: number, z: number, isBeyondLimits: boolean): void {
    if (index !== this.#last + 1) {
      this.#run = new Run();
    }
    this.#last = index;
    this.#run.add(value, z, isBeyondLimits);
    for (const [rule, isMet] of this.#patterns) {
      if (isMet(this.#run)) {
        this.found.push({ rule, index });
      }
    }
  }
}
