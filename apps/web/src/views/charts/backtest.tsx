import { type JSX } from 'preact';
import { type Backtest as Tested } from '@chip/client';
import { useAnswer } from '../../api/use-answer.ts';
import { windowOf } from '../../chart/window.ts';
import { measured, whole } from '../../format/numbers.ts';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';
import { backtestQuestion, type ChartChoice } from './request.ts';
import { type Samples } from './control-panel.tsx';

/** A history hardly changes, and testing rules on it is work. */
const SLOW_S = 120;

/** What the chosen rules would have cost and found, on the samples that are shown. */
export function Backtest({ choice, samples }: { choice: ChartChoice; samples: Samples }): JSX.Element {
  const { query, withParameters } = useAddress();
  const t = texts().charts;
  const isWanted = query['backtest'] === 'yes';
  const shown = windowOf(samples, choice.from);
  const answer = useAnswer(isWanted && shown ? backtestQuestion(choice, shown.from, shown.to) : undefined, SLOW_S);
  if (!isWanted || answer.url === undefined) {
    return (
      <section class="panel" aria-labelledby="backtest">
        <header>
          <h2 id="backtest">{t.backtest}</h2>
        </header>
        <p>{t.backtestHint}</p>
        <a href={withParameters({ backtest: 'yes' })}>{t.runBacktest}</a>
      </section>
    );
  }
  return (
    <Panel
      title={t.backtest}
      answer={answer}
      units={(tested) => tested.samples}
      sheet={({ rules }) => ({
        name: 'backtest',
        columns: [
          'rule',
          'panel',
          'alarms',
          'alarms_per_week',
          'most_in_a_week',
          'shift_sigma',
          'starts',
          'found',
          'mean_samples',
        ],
        rows: rules.flatMap((row) =>
          row.shifts.map((one) => [
            row.rule,
            row.panel,
            row.alarms,
            row.alarms_per_week,
            row.most_in_a_week,
            one.shift,
            one.starts,
            one.found,
            one.mean_samples,
          ]),
        ),
      })}
    >
      {(tested) => <Results tested={tested} />}
    </Panel>
  );
}

type Result = Pick<Tested['together'], 'alarms' | 'alarms_per_week' | 'most_in_a_week' | 'shifts'>;

function Results({ tested }: { tested: Tested }): JSX.Element {
  const t = texts().charts;
  const rows: readonly (Result & { readonly name: string })[] = [
    ...tested.rules.map((row) => ({ ...row, name: `${t.panels[row.panel]}: ${t.ruleNames[row.rule]}` })),
    { ...tested.together, name: t.together },
  ];
  return (
    <>
      <Table
        caption={t.backtest}
        rows={rows}
        keyOf={({ name }) => name}
        columns={[
          { title: t.rule, isHead: true, cell: ({ name }) => name },
          { title: t.alarms, isNumber: true, cell: ({ alarms }) => whole(alarms) },
          { title: t.perWeek, isNumber: true, cell: ({ alarms_per_week }) => measured(alarms_per_week) },
          ...tested.together.shifts.map(({ shift }, at) => ({
            title: t.shift(measured(shift)),
            isNumber: true,
            cell: ({ shifts }: Result) => {
              const { found = 0, starts = 0, mean_samples = null } = shifts[at] ?? {};
              return mean_samples === null
                ? t.neverFound(whole(starts))
                : t.found(measured(mean_samples), whole(found), whole(starts));
            },
          })),
        ]}
      />
      <p class="hint">{t.shiftHint}</p>
    </>
  );
}
