/** No alert is taken on trust: the drill provokes it, or says why it cannot. */
import { describe, expect, it } from '@jest/globals';
import { ALERT_CASES } from '../alert-cases.ts';
import { alertsOf, readRules } from '../rules.ts';
import { ACCIDENTS, NOT_PROVOKED } from './accidents/accidents.ts';
import { drillRules } from './drill-rules.ts';

const alerts = alertsOf(readRules());
const OWN = /^(chip|nodejs|process)_/;
/** Of Prometheus itself, about each target. */
const SCRAPE = /^scrape_/;
/** Those that an accident starts. */
const STARTED = /^(node_filesystem|pgbackrest)_/;

/** Names of metrics in a rule: words with an underscore outside of selectors and lists of labels, and no functions. */
const metricsOf = (expr: string): string[] => {
  const names = expr
    .replaceAll(/\{[^}]*\}|\b(?:by|on|group_left) \([^)]*\)/g, ' ')
    .matchAll(/\b[a-z]+(?:_[a-z]+)+\b(?!\()/g);
  return [...new Set([...names].map(([name]) => name))];
};
const prefixOf = (metric: string): string | undefined =>
  Object.keys(NOT_PROVOKED).find((prefix) => metric.startsWith(prefix));

describe('the drill', () => {
  it('provokes every alert of the rules, and no other', () => {
    const provoked = new Set(Object.values(ACCIDENTS).flatMap((accident) => accident.alerts));
    expect([...provoked].sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  });

  it('says of which metrics in the rules it has none, and why', () => {
    const foreign = alerts
      .flatMap(({ expr }) => metricsOf(expr))
      .filter((metric) => ![OWN, SCRAPE, STARTED].some((known) => known.test(metric)));
    expect(foreign.filter((metric) => prefixOf(metric) === undefined)).toEqual([]);
    // No reason outlives its metric.
    expect([...new Set(foreign.map(prefixOf))].sort()).toEqual(Object.keys(NOT_PROVOKED).sort());
    for (const reason of Object.values(NOT_PROVOKED)) {
      expect(reason.length).toBeGreaterThan(20);
    }
  });

  it('leaves those metrics to promtool, in a firing and a silent case of the alert', () => {
    const missing = alerts.flatMap(({ alert, expr }) => {
      const { firing, silent } = ALERT_CASES[alert]!;
      const cases = { firing: firing.flatMap(({ series }) => series), silent: silent ?? [] };
      return metricsOf(expr)
        .filter((metric) => prefixOf(metric) !== undefined)
        .flatMap((metric) =>
          Object.entries(cases)
            .filter(([, series]) => !series.some((one) => one.startsWith(metric)))
            .map(([kind]) => `${alert}: ${metric} is in no ${kind} case`),
        );
    });
    expect(missing).toEqual([]);
  });
});

describe('rules of the drill', () => {
  const drilled = new Map(alertsOf(drillRules(readRules(), 60)).map((one) => [one.alert, one]));

  it('are shortened by the factor', () => {
    expect(drilled.get('PipelineLagGrowing')).toMatchObject({ for: '10s', expr: expect.stringContaining('[15s]') });
  });

  it('have a factor or a threshold of their own where no accident could reach that of the rest', () => {
    expect(drilled.get('SummaryOld')!.expr).toContain('> 360');
    expect(drilled.get('BackupOld')!.expr).toContain('> 52');
    expect(drilled.get('ServiceRestarting')!.expr).toContain('[120s]');
    expect(drilled.get('MetricsCardinality')!.expr).toMatch(/> 1000$/);
    expect(drilled.size).toBe(alerts.length);
  });
});
