import { type JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { type DeadLetterReplay } from '@chip/client';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { whole } from '../../format/numbers.ts';
import { Time } from '../../format/time.tsx';
import { Panel } from '../../shared/panel.tsx';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';
import { placeOf } from './cause.ts';

const SHOWN = 20;
/** While one runs; positions move only when a writer commits. */
const LIVE_MS = 1_000;

/** The replays that were started here, with their counts as they grow. */
export function Replays(): JSX.Element {
  const answer = useAnswer(question('/v1/dead-letters/replays', { query: { limit: SHOWN } }), 1);
  const t = texts().letters;
  const isLive = answer.data?.items.some(({ finished_at }) => finished_at === null) ?? false;
  useEffect(() => {
    if (!isLive) {
      return undefined;
    }
    // Only after an answer: asking again cancels the pending request, so a slow answer would never arrive.
    const timer = setTimeout(answer.reload, LIVE_MS);
    return () => clearTimeout(timer);
  }, [isLive, answer.data]);
  const number = (title: string, of: (replay: DeadLetterReplay) => number) => ({
    title,
    isNumber: true,
    cell: (replay: DeadLetterReplay) => whole(of(replay)),
  });
  return (
    <Panel title={t.replays} answer={answer} isEmpty={({ items }) => items.length === 0} empty={t.noReplays}>
      {({ items }) => (
        <Table
          caption={t.replays}
          rows={items}
          keyOf={({ id }) => id}
          classOf={({ state }) => (state === 'failed' ? 'attention' : '')}
          columns={[
            { title: t.cause, isHead: true, cell: ({ filter }) => <Selection filter={filter} /> },
            { title: texts().columns.state, cell: (replay) => <State replay={replay} /> },
            {
              title: t.progress,
              cell: ({ letters, read }) => <progress max={letters} value={read} aria-label={t.read} />,
            },
            number(t.all, ({ letters }) => letters),
            number(t.read, ({ read }) => read),
            number(t.sent, ({ sent }) => sent),
            number(t.accepted, ({ accepted }) => accepted),
            number(t.refused, ({ refused }) => refused),
            number(t.skipped, ({ skipped }) => skipped.reduce((sum, { letters }) => sum + letters, 0)),
            { title: t.reason, cell: ({ reason }) => reason },
            { title: t.by, cell: ({ created_by }) => created_by },
            { title: texts().columns.time, cell: ({ created_at }) => <Time at={created_at} /> },
          ]}
        />
      )}
    </Panel>
  );
}

function Selection({ filter }: { filter: DeadLetterReplay['filter'] }): JSX.Element {
  const { code, field } = filter as { code?: string; field?: string };
  return (
    <>
      {code} <code>{field === undefined ? '' : placeOf(field)}</code>
    </>
  );
}

function State({ replay: { state, problem, skipped } }: { replay: DeadLetterReplay }): JSX.Element {
  const t = texts().letters;
  return (
    <>
      <span class={state === 'failed' ? 'bad' : state === 'done' ? 'good' : ''}>{t.replayStates[state]}</span>
      {problem && (
        <>
          {' '}
          <small lang="en">
            {problem.code}: {problem.detail}
          </small>{' '}
          <small>{t.goOn}</small>
        </>
      )}
      {skipped.map(({ why, letters }) => (
        <small key={why}>
          {' '}
          {whole(letters)} {t.why[why]}
        </small>
      ))}
    </>
  );
}
