import { type ControlChart, limitRules, type Steps } from './chart.ts';
import { type ControlRule, LONGEST_PATTERN } from './control-rules.ts';

/** A shift of all values from one sample onwards. */
export interface Shift {
  /** Index of the first shifted sample. */
  readonly at: number;
  /** In data units; of counts in standard deviations of each sample. */
  readonly by: number;
}

/**
 * Draws the chart of part of the history, with limits that do not depend on the part.
 *
 * @param from index of the first sample of the part; indices of the chart start there
 * @param to exclusive
 */
export type DrawHistory = (from: number, to: number, shift?: Shift) => ControlChart;

const PANELS = ['location', 'dispersion', 'within'] as const;
export type PanelName = (typeof PANELS)[number];

/** How soon a rule finds a shift, over several starts. */
export interface ShiftFinding {
  /** In sigma. */
  readonly shift: number;
  readonly starts: number;
  /** Starts after which the rule found the shift within {@link BACK_TEST_HORIZON} samples. */
  readonly found: number;
  /** Mean number of samples until then, including the first shifted one; null when never found. */
  readonly mean_samples: number | null;
}

export interface RuleFinding {
  readonly panel: PanelName;
  readonly rule: ControlRule;
  /** Indices of the samples at which the rule raised an alarm in the unshifted history. */
  readonly alarms: readonly number[];
  readonly shifts: readonly ShiftFinding[];
}

export interface BackTest {
  readonly rules: readonly RuleFinding[];
  /** All rules combined: an alarm is a sample at which any rule raised one. */
  readonly together: Pick<RuleFinding, 'alarms' | 'shifts'>;
}

export interface BackTestOptions {
  readonly rules: readonly ControlRule[];
  /** In sigma. */
  readonly shifts: readonly number[];
  /** One sigma in data units; 1 for counts. */
  readonly sigma: number;
  /** Whether points depend on all earlier ones (EWMA, CUSUM), not only on their neighbours. */
  readonly isCumulative: boolean;
}

/** Starts of a shift, spread evenly over the history. */
export const BACK_TEST_STARTS = 40;
/** Samples to check after a start. */
export const BACK_TEST_HORIZON = 400;
/** Samples that are drawn at once: about 25 ms with every rule. */
const BLOCK = 5000;

/** Indices at which a shift begins. Each leaves the same number of samples, at most {@link BACK_TEST_HORIZON}. */
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
 * Back-tests rules on a history: the alarms that they would have raised, and the number of samples after which they find a
 * shift added to the stored values from several starts. Only an alarm that the unshifted history does not raise finds the
 * shift, so that false alarms do not count. Deterministic.
 *
 * Takes steps, because it draws over a hundred charts. A long history is drawn in blocks, too.
 *
 * @param length samples of the history
 */
export function* backTest(draw: DrawHistory, length: number, options: BackTestOptions): Steps<BackTest> {
  const { rules, shifts, sigma, isCumulative } = options;
  const { panels, alarms } = yield* drawWhole(draw, length, isCumulative);
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

/** Panels and alarms of the unshifted history. Patterns reach back no further than the overlap of two blocks. */
function* drawWhole(
  draw: DrawHistory,
  length: number,
  isCumulative: boolean,
): Steps<{ panels: PanelName[]; alarms: Alarm[] }> {
  const block = isCumulative ? length : BLOCK;
  const first = draw(0, Math.min(length, block));
  const alarms = alarmsOf(first, 0);
  for (let from = block; from < length; from += block) {
    yield;
    const start = from - LONGEST_PATTERN;
    const chart = draw(start, Math.min(length, from + block));
    alarms.push(...alarmsOf(chart, start).filter(({ index }) => index >= from));
  }
  return { panels: PANELS.filter((panel) => first[panel] !== undefined), alarms };
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
