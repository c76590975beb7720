import { type JSX } from 'preact';
import { type Answer } from '../api/use-answer.ts';
import { Panel } from '../shared/panel.tsx';
import { texts } from '../texts/texts.ts';

/** Shown instead of telemetry while no metric is known: the list is loading, failed, or empty. */
export function NoMetric({ title, named }: { title: string; named: Answer<unknown> }): JSX.Element {
  return (
    <Panel title={title} answer={named} isEmpty={() => true} empty={texts().telemetry.noMetric}>
      {() => null}
    </Panel>
  );
}
