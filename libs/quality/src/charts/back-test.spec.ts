import { describe, expect, it } from '@jest/globals';
import { normal } from '../../test/stable-processes.ts';
import { type BackTest, backTest, type BackTestOptions, type DrawHistory } from './back-test.ts';
import { cusumChart } from './ewma-cusum.ts';
import { individualsChart } from './individuals.ts';
import { CONTROL_RULES, type ControlRule, NELSON } from './control-rules.ts';

const shifted = (values: readonly number[], ...[from, to, shift]: Parameters<DrawHistory>): number[] =>
  values.slice(from, to).map((value, i) => (shift && from + i >= shift.at ? value + shift.by : value));
const individuals =
  (values: readonly number[], rules: readonly ControlRule[]): DrawHistory =>
  (...part) =>
    individualsChart(shifted(values, ...part), { rules, target: 0, sigma: 1 });

function run(draw: DrawHistory, length: number, options: Partial<BackTestOptions> = {}): BackTest {
  const steps = backTest(draw, length, {
    rules: ['beyond_limits'],
    shifts: [0.5, 1, 1.5],
    sigma: 1,
    isCumulative: false,
    ...options,
  });
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      return step.value;
    }
  }
}

const z = normal(20261127);
const NORMAL = Array.from({ length: 6000 }, z);

describe('backTest', () => {
  it('finds shifts about as soon as published run lengths say', () => {
    const { rules, together } = run(individuals(NORMAL, ['beyond_limits']), NORMAL.length);
    const [location, dispersion] = rules;
    expect([location!.panel, location!.rule, dispersion!.panel]).toEqual(['location', 'beyond_limits', 'dispersion']);
    // Montgomery 5.3.3: average run length 44 for 1 sigma, 15 for 1.5 sigma; 40 starts, so half or twice as long is chance.
    const [, one, more] = location!.shifts;
    expect([one!.starts, one!.found]).toEqual([40, 40]);
    expect(one!.mean_samples).toBeGreaterThan(22);
    expect(one!.mean_samples).toBeLessThan(88);
    expect(more!.mean_samples).toBeGreaterThan(7);
    expect(more!.mean_samples).toBeLessThan(30);
    // 2.7 of 1,000 points lie beyond 3 sigma.
    expect(location!.alarms.length).toBeGreaterThan(5);
    expect(location!.alarms.length).toBeLessThan(35);
    expect(together.alarms.length).toBeGreaterThanOrEqual(location!.alarms.length);
    expect(together.shifts[1]!.mean_samples).toBeLessThanOrEqual(one!.mean_samples!);
  });

  it('of a history in blocks raises the alarms of the whole', () => {
    const long = Array.from({ length: 12_345 }, z);
    const draw = individuals(long, CONTROL_RULES);
    const whole = draw(0, long.length);
    const { rules } = run(draw, long.length, { rules: CONTROL_RULES, shifts: [] });
    for (const { panel, rule, alarms } of rules) {
      const drawn = whole[panel]!.violations.filter((violation) => violation.rule === rule);
      expect([panel, rule, alarms]).toEqual([panel, rule, drawn.map(({ index }) => index)]);
    }
    expect(rules.filter(({ alarms }) => alarms.some((index) => index > 10_000)).length).toBeGreaterThan(8);
  });

  it('of CUSUM, which needs all the points before, is sooner for small shifts', () => {
    const draw: DrawHistory = (...part) =>
      cusumChart(
        shifted(NORMAL.slice(0, 2000), ...part),
        { k: 0.5, h: 5 },
        { rules: ['beyond_limits'], target: 0, sigma: 1 },
      );
    const { rules } = run(draw, 2000, { isCumulative: true });
    // Montgomery table 9.3: 38.0, 10.4 and 5.75 samples.
    const [half, one, more] = rules[0]!.shifts;
    expect(half!.mean_samples).toBeGreaterThan(15);
    expect(half!.mean_samples).toBeLessThan(70);
    expect(one!.mean_samples).toBeGreaterThan(6);
    expect(one!.mean_samples).toBeLessThan(16);
    expect(more!.mean_samples).toBeLessThan(10);
  });

  it('draws a part of the history as the whole would be drawn', () => {
    const history = NORMAL.slice(0, 300);
    const draw = individuals(history, CONTROL_RULES);
    const part = run(draw, history.length, { rules: CONTROL_RULES });
    expect(run(draw, history.length, { rules: CONTROL_RULES, isCumulative: true })).toEqual(part);
    expect(part.rules.filter(({ panel }) => panel === 'location').map(({ rule }) => rule)).toEqual([...CONTROL_RULES]);
    expect(part.rules.some(({ rule, alarms }) => rule === 'nelson_2' && alarms.length > 0)).toBe(true);
  });

  it('does not take alarms that come anyway for found shifts', () => {
    const alternating = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 9 : -9));
    const draw = individuals(alternating, ['beyond_limits']);
    const { rules } = run(draw, 200);
    expect(rules[0]!.alarms).toHaveLength(200);
    expect(rules[0]!.shifts.map(({ found, mean_samples }) => [found, mean_samples])).toEqual(Array(3).fill([0, null]));
  });

  it('counts the first shifted sample as one, and says how many starts found nothing', () => {
    const flat = Array.from({ length: 100 }, () => 0);
    const { rules } = run(individuals(flat, ['beyond_limits', 'nelson_2']), 100, {
      rules: ['beyond_limits', 'nelson_2'],
      shifts: [3.5, 1],
    });
    const of = (rule: ControlRule) => rules.find((found) => found.panel === 'location' && found.rule === rule)!;
    expect(of('beyond_limits').shifts.map(({ found, mean_samples }) => [found, mean_samples])).toEqual([
      [40, 1],
      [0, null],
    ]);
    expect(of('nelson_2').shifts.map(({ mean_samples }) => mean_samples)).toEqual([9, 9]);
  });

  it.each([0, 1, 2, 3, 30])('of a history of %d samples ends', (length) => {
    const draw = individuals(NORMAL.slice(0, length), NELSON);
    const { rules } = run(draw, length, { rules: NELSON });
    const { starts, found } = rules[0]!.shifts[0]!;
    expect([starts <= Math.max(0, length), found <= starts, length === 0 ? starts : 0]).toEqual([true, true, 0]);
  });
});
