import { type JSX } from 'preact';
import { type Answer } from '../api/use-answer.ts';
import { Panel } from '../shared/panel.tsx';
import { texts } from '../texts/texts.ts';

/** In place of telemetry while no metric is known: they are on their way, cannot be had, or there is none. */
export function NoMetric({ title, named }: { title: string; named: Answer<unknown> }): JSX.Element {
  return (
    <Panel title={title} answer={named} isEmpty={() => true} empty={texts().telemetry.noMetric}>
      {() => null}
    </Panel>
  );
}
