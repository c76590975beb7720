import { type JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type paths } from '@chip/client';
import { type Problem, problemOf, question, type Question, send, store } from '../../../api/ask.ts';
import { useDraft } from '../../../api/draft.ts';
import { type Answer } from '../../../api/use-answer.ts';
import { whole } from '../../../format/numbers.ts';
import { Time } from '../../../format/time.tsx';
import { useAddress } from '../../../shared/location.ts';
import { Panel } from '../../../shared/panel.tsx';
import { Table } from '../../../shared/table.tsx';
import { texts } from '../../../texts/texts.ts';
import { type Samples } from '../control-panel.tsx';
import { type ChartChoice } from '../request.ts';
import { NoteForm, Withdrawal } from './note-form.tsx';

type Page = paths['/v1/annotations']['get']['responses']['200']['content']['application/json'];
export type Annotation = Page['items'][number];

/** Numbers on a chart beyond these would cover it. */
const MOST_NOTES = 50;

const scopesOf = ({ parameter, step, product, equipment }: ChartChoice) => ({
  ...(parameter === undefined ? {} : { parameter }),
  ...(step === undefined ? {} : { step }),
  ...(product === undefined ? {} : { product }),
  ...(equipment === undefined ? {} : { equipment_id: equipment }),
});

/** Notes that concern a chart, within its range. */
export const annotationsQuestion = (choice: ChartChoice): Question<Page> =>
  question('/v1/annotations', { query: { ...scopesOf(choice), from: choice.from, limit: MOST_NOTES } });

export interface AnnotationsProps {
  readonly choice: ChartChoice;
  readonly samples: Samples;
  readonly answer: Answer<Page>;
}

/** What people noted about the time of a chart, each with the number that it has there, and a form for a new one. */
export function Annotations({ choice, samples, answer }: AnnotationsProps): JSX.Element {
  const t = texts();
  const { query } = useAddress();
  const [problem, setProblem] = useState<Problem>();
  const [withdrawn, setWithdrawn] = useDraft<string | undefined>('withdrawn', undefined);
  const act = async (work: () => Promise<unknown>): Promise<boolean> => {
    setProblem(undefined);
    try {
      await work();
      answer.reload();
      return true;
    } catch (error) {
      setProblem(problemOf(error));
      return false;
    }
  };
  return (
    <Panel
      title={t.charts.notes}
      answer={answer}
      sheet={({ items }) => ({
        name: 'annotations',
        columns: ['begins_at', 'ends_at', 'note', 'parameter', 'step', 'product', 'equipment_id', 'site', 'author'],
        rows: items.map((one) => [
          one.begins_at,
          one.ends_at,
          one.note,
          one.parameter,
          one.step,
          one.product,
          one.equipment_id,
          one.site,
          one.author,
        ]),
      })}
    >
      {({ items, next_cursor }) => (
        <>
          {next_cursor !== null && <p class="hint">{t.charts.latestNotes(whole(items.length))}</p>}
          {items.length === 0 ? (
            <p class="quiet">{t.charts.noNotes}</p>
          ) : (
            <Table
              isBounded
              caption={t.charts.notes}
              rows={items}
              keyOf={({ id }) => id}
              columns={[
                { title: t.charts.note, isHead: true, cell: (one) => `${items.indexOf(one) + 1}: ${one.note}` },
                { title: t.columns.time, cell: (one) => <Times of={one} /> },
                { title: t.charts.concerns, cell: concernsOf },
                { title: t.charts.author, cell: ({ author }) => author },
                {
                  title: t.charts.withdraw,
                  cell: ({ id, note }) =>
                    withdrawn === id ? (
                      <Withdrawal
                        submit={async (reason) => {
                          if (await act(() => send('/v1/annotations/{id}/withdrawal', { id }, { reason }))) {
                            setWithdrawn(undefined);
                          }
                        }}
                      />
                    ) : (
                      <button
                        type="button"
                        class="small"
                        aria-label={`${t.charts.withdraw}: ${note}`}
                        onClick={() => setWithdrawn(id)}
                      >
                        {t.charts.withdraw}
                      </button>
                    ),
                },
              ]}
            />
          )}
          <NoteForm
            sample={query['sample']}
            at={samples[Number(query['sample'] ?? NaN)]?.first_at ?? samples.at(-1)?.last_at}
            submit={(begins_at, note, isGeneral) =>
              act(() => {
                const { parameter, ...others } = scopesOf(choice);
                return store('/v1/annotations', {
                  ...others,
                  ...(isGeneral || parameter === undefined ? {} : { parameter }),
                  begins_at,
                  note,
                });
              })
            }
          />
          {problem && (
            <p class="bad" role="alert" lang="en">
              {problem.status === 403 ? t.states.forbidden : t.states.failed}: {problem.detail}
            </p>
          )}
        </>
      )}
    </Panel>
  );
}

const Times = ({ of: { begins_at, ends_at } }: { of: Annotation }): JSX.Element => (
  <>
    <Time at={begins_at} />
    {ends_at !== null && (
      <>
        {' – '}
        <Time at={ends_at} />
      </>
    )}
  </>
);

const concernsOf = ({ parameter, step, product, equipment_id, site }: Annotation): string =>
  [parameter, step, product, equipment_id, site].filter((name) => name !== null).join(' · ') || texts().filters.any;
