import { type JSX } from 'preact';
import { question } from '../../api/ask.ts';
import { isWaiting, useAnswer } from '../../api/use-answer.ts';
import { measured, whole } from '../../format/numbers.ts';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { texts } from '../../texts/texts.ts';
import { type ChartChoice, chartQuestion } from './request.ts';

/** Each row is a question of its own. */
const MOST_MACHINES = 12;
const SLOW_S = 20;

/** The same chart for each machine of the step, as counts: shows which of them drifts. */
export function Machines({ choice }: { choice: ChartChoice }): JSX.Element {
  const { step, product, from } = choice;
  const answer = useAnswer(
    question('/v1/yield', {
      query: {
        group_by: 'equipment',
        step: step === undefined ? undefined : [step],
        product: product === undefined ? undefined : [product],
        from,
      },
    }),
    SLOW_S,
  );
  const t = texts();
  return (
    <Panel
      title={t.charts.machines}
      answer={answer}
      isEmpty={({ groups }) => groups.every(({ key }) => key === null)}
      empty={t.charts.noMachines}
    >
      {({ groups }) => {
        const machines = groups.flatMap(({ key }) => (key === null ? [] : [key]));
        return (
          <div class="scroll" tabIndex={0} role="group" aria-label={t.charts.machines}>
            <table>
              <caption class="hidden">{t.charts.machines}</caption>
              <thead>
                <tr>
                  <th scope="col">{t.columns.machine}</th>
                  <th scope="col" class="number">
                    {t.charts.samples}
                  </th>
                  <th scope="col" class="number">
                    {t.charts.centre}
                  </th>
                  <th scope="col" class="number">
                    {t.charts.violations}
                  </th>
                </tr>
              </thead>
              <tbody>
                {machines.slice(0, MOST_MACHINES).map((name) => (
                  <Machine key={name} name={name} choice={choice} />
                ))}
              </tbody>
            </table>
            {machines.length > MOST_MACHINES && (
              <p class="hint">{t.charts.firstOf(whole(MOST_MACHINES), whole(machines.length))}</p>
            )}
          </div>
        );
      }}
    </Panel>
  );
}

function Machine({ name, choice }: { name: string; choice: ChartChoice }): JSX.Element {
  const { withParameters } = useAddress();
  const answer = useAnswer(chartQuestion({ ...choice, equipment: name, exclude: [] }), SLOW_S);
  const { data, problem } = answer;
  const t = texts();
  const found =
    data &&
    [data.location, data.dispersion, data.within].reduce((sum, panel) => sum + (panel?.violations.length ?? 0), 0);
  return (
    <tr class={found ? 'attention' : ''} aria-busy={isWaiting(answer)}>
      <th scope="row">
        <a href={withParameters({ equipment: name, sample: undefined, exclude: undefined, from: undefined })}>{name}</a>
      </th>
      <td class="number">{whole(data?.samples.length)}</td>
      <td class="number">{measured(data?.location.centre)}</td>
      <td class={`number ${found ? 'bad' : ''}`}>
        {found !== undefined ? (
          whole(found)
        ) : problem ? (
          <span title={problem.detail}>{problem.code}</span>
        ) : (
          t.states.loading
        )}
      </td>
    </tr>
  );
}
