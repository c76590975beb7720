/** Control charts: is a process as it was, and if not, since when and where. */
import { type JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { useAnswer } from '../../api/use-answer.ts';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { RangeChoice, useRange } from '../../shared/range.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';
import { Annotations, annotationsQuestion } from './notes/annotations.tsx';
import { Backtest } from './backtest.tsx';
import { Chooser } from './chooser.tsx';
import { ControlPanels } from './control-panels.tsx';
import { Freeze } from './freeze.tsx';
import { LimitsTable } from './limits-table.tsx';
import { Machines } from './machines.tsx';
import { MeasuredSteps } from './measured-steps.tsx';
import { beginningOf, chartQuestion, type ChartChoice, choiceOf, isComplete, naming } from './request.ts';
import { Sample } from './sample.tsx';
import { sheetOf, Violations } from './violations.tsx';

/** A chart moves within 2 s of a commit while its answer takes 400 ms or less, and costs a fifth of a connection at most. */
const LIVE_REST = 4;

export function Charts(): JSX.Element {
  const { query } = useAddress();
  const { range, from: newest } = useRange('30d');
  // Samples are numbered from the beginning of the range, so it stays fixed while the page is open, and an address that
  // names samples includes it.
  const from = useMemo(() => beginningOf(query) ?? newest, [range, query['from']]);
  const choice = choiceOf(query, from);
  const t = texts().charts;
  return (
    <>
      <Title controls={<RangeChoice unlessChosen="30d" ends={['sample', 'exclude', 'from']} />}>{t.title}</Title>
      <Chooser choice={choice} />
      {isComplete(choice) ? <Charted choice={choice} /> : <MeasuredSteps />}
    </>
  );
}

function Charted({ choice }: { choice: ChartChoice }): JSX.Element {
  const { query, change, withParameters } = useAddress();
  const t = texts().charts;
  const answer = useAnswer(chartQuestion(choice), 1, LIVE_REST);
  const notes = useAnswer(annotationsQuestion(choice), 20);
  const selected = /^\d+$/.test(query['sample'] ?? '') ? Number(query['sample']) : undefined;
  const select = (sample: number | undefined): void => change(naming(choice, sample, choice.exclude));
  const exclude = useMemo(() => new Set(choice.exclude), [choice.exclude.join()]);
  const names = { subject: choice.parameter ?? t.kinds[choice.chart], step: choice.step };
  return (
    <>
      <Panel
        title={t.of(names.subject, names.step)}
        answer={answer}
        isEmpty={({ samples }) => samples.length === 0}
        empty={t.noSamples}
        units={({ samples }) => samples.length}
        sheet={(chart) => sheetOf(names.subject, chart)}
      >
        {(chart) => (
          <>
            {chart.warning !== undefined && (
              <p class="warn" lang="en">
                ! {chart.warning}
              </p>
            )}
            <ControlPanels
              chart={chart}
              {...(notes.data && { notes: notes.data.items })}
              excluded={exclude}
              selected={selected}
              onSelect={select}
            />
            {selected !== undefined && <Sample chart={chart} index={selected} choice={choice} />}
          </>
        )}
      </Panel>
      {answer.problem?.code === 'ambiguous_parameter' && !choice.isMixed && (
        <p>
          {t.ambiguous} <a href={withParameters({ mix: 'yes' })}>{t.mix}</a>
        </p>
      )}
      {(answer.data !== undefined || answer.problem === undefined) && (
        <div class="columns">
          <Panel title={t.violations} answer={answer} isEmpty={hasNoViolation} empty={`● ${t.noViolations}`}>
            {(chart) => <Violations chart={chart} onSelect={select} />}
          </Panel>
          <div>
            {choice.equipment === undefined && choice.step !== undefined && <Machines choice={choice} />}
            <LimitsTable choice={choice} answer={answer} />
          </div>
          {answer.data && <Backtest choice={choice} samples={answer.data.samples} />}
          {answer.data && <Annotations choice={choice} samples={answer.data.samples} answer={notes} />}
          {answer.data && choice.limits === undefined && choice.phases.length === 0 && (
            <Freeze choice={choice} samples={answer.data.samples} />
          )}
        </div>
      )}
    </>
  );
}

type Panels = Parameters<typeof Violations>[0]['chart'];

const hasNoViolation = ({ location, dispersion, within }: Panels): boolean =>
  [location, dispersion, within].every((panel) => (panel?.violations.length ?? 0) === 0);
