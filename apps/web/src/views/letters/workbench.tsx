import { type JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { Refused } from '../../shared/states.tsx';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';
import { type Cause } from './cause.ts';
import { Fix } from './fix.tsx';
import { OneLetter } from './one-letter.tsx';

const SHOWN = 20;

/** Letters of one cause: what they look like, and how to fix them. */
export function Workbench({ cause, machines }: { cause: Cause; machines: readonly string[] }): JSX.Element {
  const { query, withParameters } = useAddress();
  const { topic, code, stage, field } = cause;
  const { machine } = query;
  const filter = { topic, code, stage, field, machine };
  const answer = useAnswer(question('/v1/dead-letters', { query: { ...filter, limit: SHOWN } }), 5);
  const t = texts().letters;
  const [first] = answer.data?.items ?? [];
  const newest = first && `${first.partition}/${first.offset}`;
  // The newest of the first answer: newer letters do not replace the one that a person reads.
  const opened = useMemo(() => newest, [machine, newest === undefined]);
  if (answer.problem?.status === 403) {
    return (
      <section class="panel" aria-label={t.fix}>
        <Refused problem={answer.problem} retry={answer.reload} />
      </section>
    );
  }
  const shown = query['letter'] ?? opened;
  return (
    <>
      <Fix cause={cause} machines={machines} />
      <div class="columns">
        <Panel title={t.letters} answer={answer} isEmpty={({ items }) => items.length === 0} empty={t.noLetters}>
          {({ items }) => (
            <Table
              caption={t.letters}
              rows={items}
              keyOf={({ partition, offset }) => `${partition}/${offset}`}
              classOf={({ partition, offset }) => (`${partition}/${offset}` === shown ? 'selected' : '')}
              isBounded
              columns={[
                {
                  title: t.key,
                  isHead: true,
                  cell: ({ key, partition, offset }) => (
                    <a href={withParameters({ letter: `${partition}/${offset}` })}>{key.slice(key.indexOf('/') + 1)}</a>
                  ),
                },
                { title: t.became, cell: ({ replayed }) => t.states[replayed?.state ?? 'none'] },
                { title: t.machine, cell: (item) => (item.machine === '' ? t.unnamed : item.machine) },
                { title: t.detail, cell: ({ detail }) => <span lang="en">{detail}</span> },
              ]}
            />
          )}
        </Panel>
        {shown !== undefined && <OneLetter topic={topic} place={shown} />}
      </div>
    </>
  );
}
