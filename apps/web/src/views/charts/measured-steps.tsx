import { type JSX } from 'preact';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { useMeasurements } from '../../filters/names.ts';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { texts } from '../../texts/texts.ts';

const MOST_STEPS = 50;
const NAMES_S = 30;

/** Where to begin: what is measured at each step. */
export function MeasuredSteps(): JSX.Element {
  const answer = useAnswer(question('/v1/steps', { query: { limit: MOST_STEPS } }), NAMES_S);
  const t = texts().charts;
  return (
    <Panel title={t.begin} answer={answer} isEmpty={({ items }) => items.length === 0} empty={t.noSteps}>
      {({ items }) => (
        <dl class="steps">
          {items.map(({ name }) => (
            <Step key={name} name={name} />
          ))}
        </dl>
      )}
    </Panel>
  );
}

function Step({ name: step }: { name: string }): JSX.Element {
  const { query, withParameters } = useAddress();
  const measurements = useMeasurements(step, query['product']);
  const t = texts().charts;
  return (
    <>
      <dt>{step}</dt>
      <dd>
        {measurements.map((parameter) => (
          <a key={parameter} href={withParameters({ step, parameter })}>
            {parameter}
          </a>
        ))}
        <a href={withParameters({ step, chart: 'p_prime', parameter: undefined, subgroup: undefined })}>
          {t.failingUnits}
        </a>
      </dd>
    </>
  );
}
