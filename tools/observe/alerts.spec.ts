/** What the rules promise to people: a severity, a sentence, a page that helps. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { alertsOf, readRules, shortened } from './rules.ts';

const alerts = alertsOf(readRules());
const RUNBOOKS = path.join(REPOSITORY_ROOT, 'docs/runbooks');

describe.each(alerts)('$alert', ({ alert, for: wait, labels, annotations }) => {
  it('has a severity, a sentence, and a wait unless it looks back over a range', () => {
    expect(Object.keys(labels)).toEqual(['severity']);
    expect(['critical', 'warning', 'none']).toContain(labels.severity);
    expect(annotations?.summary).toMatch(/^\S.{15,120}\.$/);
    expect(wait ?? '0m').toMatch(/^\d+[mh]$/);
  });

  it('has a runbook with its four parts, each with something in it', () => {
    expect(annotations?.runbook).toBe(`docs/runbooks/${alert}.md`);
    const text = readFileSync(path.join(RUNBOOKS, `${alert}.md`), 'utf8');
    const sections = text.split(/^(#+ .*)$/m).map((part) => part.trim());
    const headings = sections.filter((_, index) => index % 2 === 1);
    expect(headings).toEqual([`# ${alert}`, '## Meaning', '## Impact', '## Diagnosis', '## Mitigation']);
    for (const heading of headings.slice(1)) {
      expect(sections[sections.indexOf(heading) + 1]!.length).toBeGreaterThan(3);
    }
  });
});

describe('alerts', () => {
  it('have names of their own, and no runbook is left without its alert', () => {
    const names = alerts.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    const pages = globSync('[A-Z]*.md', { cwd: RUNBOOKS }).map((file) => path.basename(file, '.md'));
    expect(pages.filter((name) => name !== 'README').sort()).toEqual([...names].sort());
  });

  it('use metrics that docs/metrics.md lists, or those of a named exporter', () => {
    const listed = new Set(
      [...readFileSync(path.join(REPOSITORY_ROOT, 'docs/metrics.md'), 'utf8').matchAll(/^\| `(\w+)`/gm)].map(
        ([, name]) => name!,
      ),
    );
    const own = alerts.flatMap(({ expr }) =>
      [...expr.matchAll(/\b(?:chip|nodejs|process)_\w+/g)].map(([name]) => name),
    );
    const unknown = own.filter((name) => !listed.has(name.replace(/_(bucket|count|sum)$/, '')));
    expect(unknown).toEqual([]);
    expect(own.length).toBeGreaterThan(30);
    expect(existsSync(path.join(REPOSITORY_ROOT, 'docs/monitoring.md'))).toBe(true);
  });

  it('are shortened by one factor: waits, ranges and thresholds that are times, and nothing else', () => {
    const short = new Map(alertsOf(shortened(readRules(), 1 / 60)).map((alert) => [alert.alert, alert]));
    expect(short.get('PipelineLagGrowing')).toMatchObject({
      for: '10s',
      expr: expect.stringMatching(/\[15s\][\s\S]* > 5\n/),
    });
    expect(short.get('BackupOld')!.expr).toContain('> 1560');
    expect(short.get('DeadLettersMany')!.expr).toContain('> 0.01');
    expect(short.get('EventsLost')!.for).toBeUndefined();
    expect(short.get('PostgreSQLDown')!.for).toBe('5s');
    expect(short.get('TimescaleDBHighChunkSize')!.expr).toContain(' 4 * max by');
  });
});

describe('the Alertmanager of the example', () => {
  type Labels = Readonly<Record<string, string>>;
  interface Inhibition {
    readonly source_matchers: readonly string[];
    readonly target_matchers: readonly string[];
    readonly equal: readonly string[];
  }
  const config = readFileSync(path.join(REPOSITORY_ROOT, 'monitoring/alertmanager.yaml'), 'utf8');
  const { inhibit_rules } = parse(config) as { inhibit_rules: readonly Inhibition[] };
  const fits = (matchers: readonly string[], labels: Labels): boolean =>
    matchers.every((matcher) => {
      const [, name, isRegular, value] = /^(\w+) *=(~?) *"?(.*?)"?$/.exec(matcher)!;
      return new RegExp(isRegular ? `^(?:${value})$` : `^${value}$`).test(labels[name!] ?? '');
    });
  const silencedBy = (source: Labels): string[] =>
    alerts
      .map(({ alert }) => alert)
      .filter((alertname) =>
        inhibit_rules.some((rule) => fits(rule.source_matchers, source) && fits(rule.target_matchers, { alertname })),
      );

  it.each([
    ['fold_yield', ['UnfoldedDeltas', 'RollupsOld']],
    ['refresh_daily_summary', ['SummaryOld']],
    ['retention_defects', []],
  ])('silences what follows from a failing %s, and nothing else', (task, silenced) => {
    expect(silencedBy({ alertname: 'UpkeepFailing', task })).toEqual(silenced);
  });

  it('silences everything that an upkeep would do where there is none', () => {
    expect(silencedBy({ alertname: 'UpkeepMissing' })).toEqual(['UnfoldedDeltas', 'RollupsOld', 'SummaryOld']);
  });
});
