/** The rules under promtool: every alert fires when it should, and not otherwise. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ALERT_CASES } from './alert-cases.ts';
import { providePrograms, type Programs } from './programs.ts';
import { type Alert, alertsOf, mapAlerts, readRules, type Rules, RULES_FILE, shortened } from './rules.ts';

const FOLDER = mkdtempSync(path.join(tmpdir(), 'chip-alerts-'));
const rules = readRules();
let programs: Programs;

beforeAll(async () => {
  programs = await providePrograms(() => undefined, AbortSignal.timeout(120_000));
}, 120_000);
afterAll(() => rmSync(FOLDER, { recursive: true }));

const promtool = (...args: string[]) => spawnSync(programs.promtool, args, { cwd: FOLDER, encoding: 'utf8' });

/** Annotations do not decide whether an alert fires, and promtool would compare each. */
const bare = ({ annotations: _, ...alert }: Alert): Alert => alert;

interface Test {
  readonly alert: string;
  readonly at: number;
  readonly series: readonly string[];
  readonly labels: readonly object[];
}

const FIRING: readonly Test[] = Object.entries(ALERT_CASES).flatMap(([alert, { firing, at = 60 }]) =>
  firing.map(({ series, labels }) => ({ alert, at, series, labels })),
);
const SILENT: readonly Test[] = Object.entries(ALERT_CASES).flatMap(([alert, { silent, at = 60 }]) =>
  silent === null ? [] : [{ alert, at, series: silent, labels: [] }],
);

/** `metric{labels} values` in the two parts that promtool wants. */
const inputSeries = (text: string): object => {
  const [, series, values] = /^(.+?[}\w]) ([-\d].*)$/.exec(text)!;
  return { series, values };
};

/**
 * Alerts whose tests promtool refuses. Each has files of its own, because promtool evaluates every rule of a file for
 * every minute. JSON is YAML, too.
 */
function failing(subject: Rules, tests: readonly Test[]): string[] {
  const files = alertsOf(subject).map((alert) => {
    const name = alert.alert;
    const rule = bare(alert);
    writeFileSync(path.join(FOLDER, `${name}.rules.yaml`), JSON.stringify({ groups: [{ name, rules: [rule] }] }));
    writeFileSync(
      path.join(FOLDER, `${name}.yaml`),
      JSON.stringify({
        rule_files: [`${name}.rules.yaml`],
        evaluation_interval: '1m',
        tests: tests
          .filter((test) => test.alert === name)
          .map(({ at, series, labels }) => ({
            interval: '1m',
            input_series: series.map(inputSeries),
            alert_rule_test: [
              {
                eval_time: `${at}m`,
                alertname: name,
                exp_alerts: labels.map((one) => ({ exp_labels: { ...alert.labels, ...one } })),
              },
            ],
          })),
      }),
    );
    return `${name}.yaml`;
  });
  const { status, stdout, stderr } = promtool('test', 'rules', ...files);
  const names = [...(stdout + stderr).matchAll(/alertname: ?(\w+)/g)].map(([, name]) => name!);
  if ((status === 0) !== (names.length === 0)) {
    throw new Error(stdout + stderr);
  }
  return [...new Set(names)].sort();
}

describe('alerts', () => {
  it('are rules that Prometheus accepts, as they are and shortened', () => {
    writeFileSync(path.join(FOLDER, 'short.yaml'), JSON.stringify(shortened(rules, 1 / 60)));
    expect(promtool('check', 'rules', RULES_FILE)).toMatchObject({ status: 0, stderr: '' });
    expect(promtool('check', 'rules', 'short.yaml')).toMatchObject({ status: 0, stderr: '' });
  });

  it('have a firing and a silent case each', () => {
    expect(Object.keys(ALERT_CASES).sort()).toEqual(
      alertsOf(rules)
        .map(({ alert }) => alert)
        .sort(),
    );
    expect(SILENT).toHaveLength(Object.keys(ALERT_CASES).length - 1);
  });

  it('fire in each firing case, with these labels and no others', () => {
    expect(failing(rules, FIRING)).toEqual([]);
  });

  it('stay silent in each silent case', () => {
    expect(failing(rules, SILENT)).toEqual([]);
  });

  it('have cases that notice a rule that never fires, and one that always does', () => {
    const all = Object.keys(ALERT_CASES).sort();
    const never = mapAlerts(rules, (alert) => ({ ...alert, expr: 'vector(0) > 1' }));
    const always = mapAlerts(rules, (alert) => ({ ...alert, expr: 'vector(1)' }));
    expect(failing(never, FIRING)).toEqual(all);
    expect(failing(always, SILENT)).toEqual(all.filter((name) => name !== 'Watchdog'));
  });
});
