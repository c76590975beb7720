import { type JSX } from 'preact';
import { type DeadLetter } from '@chip/client';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { whole } from '../../format/numbers.ts';
import { Panel } from '../../shared/panel.tsx';
import { texts } from '../../texts/texts.ts';

/** A letter does not change. */
const NEVER_S = 3_600;

export function OneLetter({ topic, place }: { topic: string; place: string }): JSX.Element {
  const [partition = 0, offset = 0] = place.split('/').map(Number);
  const answer = useAnswer(
    question('/v1/dead-letters/{topic}/{partition}/{offset}', { path: { topic, partition, offset } }),
    NEVER_S,
  );
  const t = texts().letters;
  return (
    <Panel title={t.one(place)} answer={answer}>
      {(letter) => (
        <>
          <p lang="en">
            <strong>{letter.letter.code}</strong> {letter.letter.detail}
          </p>
          <Event letter={letter} />
          <Expected letter={letter} />
          {letter.headers.length > 0 && (
            <details>
              <summary>{t.headers}</summary>
              <ul class="headers">
                {letter.headers.map(({ name, value }, index) => (
                  <li key={index}>
                    <code>
                      {name}: {value}
                    </code>
                  </li>
                ))}
              </ul>
            </details>
          )}
        </>
      )}
    </Panel>
  );
}

function Event({ letter: { event, place } }: { letter: DeadLetter }): JSX.Element {
  const t = texts().letters;
  const { text, encoding, characters } = event;
  if (text === null) {
    return <p>{t.empty}</p>;
  }
  // Of what lacks a member, only its beginning: a mark over everything would show nothing.
  const end = place && (place.is_missing ? Math.min(place.start + 1, place.end) : place.end);
  return (
    <>
      <p>
        {encoding === 'hex'
          ? t.bytes
          : place === null
            ? ''
            : place.pointer === null
              ? t.unreadable
              : place.is_missing
                ? t.lacks(place.pointer)
                : t.refusedAt(place.pointer)}
      </p>
      <pre class="event" tabIndex={0} aria-label={t.event}>
        {place === null || end === null ? (
          text
        ) : (
          <>
            {text.slice(0, place.start)}
            <mark>{text.slice(place.start, end)}</mark>
            {text.slice(end)}
          </>
        )}
      </pre>
      {text.length < characters && <p class="hint">{t.part(whole(text.length), whole(characters))}</p>}
    </>
  );
}

/** The part of the schema that speaks of the refused place, and the whole. */
function Expected({ letter: { place, schema } }: { letter: DeadLetter }): JSX.Element {
  const t = texts().letters;
  const pointer = place?.schema_pointer ?? '';
  const part = pointer
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (at, name) => (at as Record<string, unknown> | undefined)?.[name.replaceAll('~1', '/').replaceAll('~0', '~')],
      schema,
    );
  return (
    <>
      {pointer !== '' && (
        <>
          <h3>{t.expected}</h3>
          <pre class="event" tabIndex={0} aria-label={t.expected}>
            {JSON.stringify(part, null, 2)}
          </pre>
        </>
      )}
      <details>
        <summary>{t.schema}</summary>
        <pre class="event" tabIndex={0} aria-label={t.schema}>
          {JSON.stringify(schema, null, 2)}
        </pre>
      </details>
    </>
  );
}
