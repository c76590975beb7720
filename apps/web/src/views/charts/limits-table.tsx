import { type JSX } from 'preact';
import { type SpcChart } from '@chip/client';
import { type Answer, useAnswer } from '../../api/use-answer.ts';
import { measured } from '../../format/numbers.ts';
import { Panel } from '../../shared/panel.tsx';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';
import { type ChartChoice, chartQuestion } from './request.ts';

const SLOW_S = 20;

/** The limits in use, and beside frozen ones those that the shown samples would have. */
export function LimitsTable({ choice, answer }: { choice: ChartChoice; answer: Answer<SpcChart> }): JSX.Element {
  const isFrozen = choice.limits !== undefined;
  const { limits: _frozen, ...unfrozen } = choice;
  const trial = useAnswer(isFrozen ? chartQuestion({ ...unfrozen, limits: undefined }) : undefined, SLOW_S);
  const t = texts().charts;
  return (
    <Panel title={t.limits} answer={answer}>
      {(chart) => {
        const rows = [
          ...((chart.phases?.length ?? 0) > 1
            ? (chart.phases ?? []).map((of, n) => ({ name: t.phase(n + 1), of }))
            : [{ name: isFrozen ? t.frozen(chart.limits?.version) : t.trial, of: chart }]),
          ...(isFrozen && trial.data ? [{ name: t.trial, of: trial.data }] : []),
        ].flatMap(({ name, of }) =>
          PANELS.flatMap((panel) => {
            const data = of[panel];
            return data ? [{ name, panel, data: { ...data, violations: countOf(data.violations) } }] : [];
          }),
        );
        return (
          <>
            <Table
              caption={t.limits}
              rows={rows}
              keyOf={({ name, panel }) => `${name}/${panel}`}
              columns={[
                { title: t.limits, isHead: true, cell: ({ name }) => name },
                { title: t.panel, cell: ({ panel }) => t.panels[panel] },
                { title: t.lower, isNumber: true, cell: ({ data }) => limit(data.lower) },
                { title: t.centre, isNumber: true, cell: ({ data }) => limit(data.centre) },
                { title: t.upper, isNumber: true, cell: ({ data }) => limit(data.upper) },
                { title: t.violations, isNumber: true, cell: ({ data }) => data.violations },
              ]}
            />
            <p class="hint">
              {isFrozen ? t.frozenHint : t.trialHint(choice.exclude.length)}
              {chart.sigma !== null && ` ${t.sigma(measured(chart.sigma))}`}
            </p>
            {isFrozen && trial.problem && (
              <p class="quiet" lang="en">
                {trial.problem.detail}
              </p>
            )}
          </>
        );
      }}
    </Panel>
  );
}

const PANELS = ['location', 'dispersion', 'within'] as const;
const countOf = (violations: number | readonly unknown[]): number =>
  typeof violations === 'number' ? violations : violations.length;

const limit = (value: number | null): string => (value === null ? texts().charts.varies : measured(value));
