import { type ControlChart, limitRules } from './chart.ts';
import { type ControlRule, LONGEST_PATTERN } from './control-rules.ts';

/** A shift of all values from one sample on. */
export interface Shift {
  /** Index of the first sample that is shifted. */
  readonly at: number;
  /** In data units. */
  readonly by: number;
}

/**
 * Draws the chart of a part of the history, with limits that do not depend on it.
 *
 * @param from index of the first sample of the part; indices of the chart count from there
 * @param to exclusive
 */
export type DrawHistory = (from: number, to: number, shift?: Shift) => ControlChart;

const PANELS = ['location', 'dispersion', 'within'] as const;
export type PanelName = (typeof PANELS)[number];

/** How soon a shift is found, over several starts. */
export interface ShiftFinding {
  /** In sigma. */
  readonly shift: number;
  readonly starts: number;
  /** Starts after which the shift was found within the samples looked at. */
  readonly found: number;
  /** Samples until then, the first shifted one counting as 1; null where it was never found. */
  readonly mean_samples: number | null;
}

export interface RuleFinding {
  readonly panel: PanelName;
  readonly rule: ControlRule;
  /** Indices of the samples at which the rule raised an alarm in the history as it is. */
  readonly alarms: readonly number[];
  readonly shifts: readonly ShiftFinding[];
}

export interface BackTest {
  readonly rules: readonly RuleFinding[];
  /** All rules together: an alarm is a sample at which any of them raised one. */
  readonly together: Pick<RuleFinding, 'alarms' | 'shifts'>;
}

export interface BackTestOptions {
  readonly rules: readonly ControlRule[];
  /** In sigma. */
  readonly shifts: readonly number[];
  /** What one sigma is, in data units. */
  readonly sigma: number;
  /** Whether points depend on all before them (EWMA, CUSUM), not only on their neighbours. */
  readonly isCumulative: boolean;
}

/** Starts of a shift, spread evenly over the history. */
export const BACK_TEST_STARTS = 40;
/** Samples after a start that are looked at. */
export const BACK_TEST_HORIZON = 400;

/** Places where a shift begins: after each there are as many samples left, at most {@link BACK_TEST_HORIZON}. */
function startsOf(length: number): { starts: number[]; horizon: number } {
  const horizon = Math.min(BACK_TEST_HORIZON, Math.ceil(length / 2));
  const last = length - horizon;
  const count = Math.min(BACK_TEST_STARTS, last + 1);
  const starts = Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * last) / (count - 1))));
  return { starts, horizon };
}

interface Alarm {
  readonly panel: PanelName;
  readonly rule: ControlRule;
  readonly index: number;
}

const alarmsOf = (chart: ControlChart, from: number): Alarm[] =>
  PANELS.flatMap((panel) =>
    (chart[panel]?.violations ?? []).map(({ rule, index }) => ({ panel, rule, index: index + from })),
  );
const nameOf = ({ panel, rule }: Pick<Alarm, 'panel' | 'rule'>): string => `${panel} ${rule}`;
const keyOf = (alarm: Alarm): string => `${nameOf(alarm)} ${alarm.index}`;

/** Samples until the first new alarm of each rule, and of any rule (`''`), after one start. */
type Delays = Map<string, number>;

/**
 * What rules would have done on a history: the alarms they would have raised, and after how many samples they find a shift
 * that is added to the stored values from several starts on. A shift is found by the first alarm that the history as it is
 * does not raise, so that false alarms find nothing. Nothing in it is random.
 *
 * A generator, because it draws over a hundred charts: whoever runs it may let others work between two of them.
 *
 * @param length samples of the history
 */
export function* backTest(draw: DrawHistory, length: number, options: BackTestOptions): Generator<undefined, BackTest> {
  const { rules, shifts, sigma, isCumulative } = options;
  const whole = draw(0, length);
  const panels = PANELS.filter((panel) => whole[panel] !== undefined);
  const alarms = alarmsOf(whole, 0);
  const known = new Set(alarms.map(keyOf));
  const { starts, horizon } = startsOf(length);
  const delays: Delays[][] = [];
  for (const shift of shifts) {
    const ofShift: Delays[] = [];
    for (const at of length === 0 ? [] : starts) {
      yield;
      const from = isCumulative ? 0 : Math.max(0, at - LONGEST_PATTERN);
      const chart = draw(from, Math.min(length, at + horizon), { at, by: shift * sigma });
      ofShift.push(firstNew(alarmsOf(chart, from), known, at));
    }
    delays.push(ofShift);
  }
  const findings = (name: string): ShiftFinding[] => shifts.map((shift, i) => finding(shift, delays[i] ?? [], name));
  return {
    rules: panels.flatMap((panel) =>
      (panel === 'location' ? rules : limitRules(rules)).map((rule) => ({
        panel,
        rule,
        alarms: alarms.filter((alarm) => alarm.panel === panel && alarm.rule === rule).map(({ index }) => index),
        shifts: findings(nameOf({ panel, rule })),
      })),
    ),
    together: {
      alarms: [...new Set(alarms.map(({ index }) => index))].sort((a, b) => a - b),
      shifts: findings(''),
    },
  };
}

function firstNew(alarms: readonly Alarm[], known: ReadonlySet<string>, at: number): Delays {
  const delays: Delays = new Map();
  for (const alarm of alarms) {
    if (alarm.index < at || known.has(keyOf(alarm))) {
      continue;
    }
    const delay = alarm.index - at + 1;
    for (const name of [nameOf(alarm), '']) {
      delays.set(name, Math.min(delay, delays.get(name) ?? Infinity));
    }
  }
  return delays;
}

function finding(shift: number, delays: readonly Delays[], name: string): ShiftFinding {
  const found = delays.flatMap((ofStart) => ofStart.get(name) ?? []);
  return {
    shift,
    starts: delays.length,
    found: found.length,
    mean_samples: found.length === 0 ? null : found.reduce((sum, delay) => sum + delay, 0) / found.length,
  };
}
