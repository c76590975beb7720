import { type JSX } from 'preact';
import { type DeadLetterDryRun } from '@chip/client';
import { whole } from '../../format/numbers.ts';
import { texts } from '../../texts/texts.ts';
import { diff } from './diff.ts';

/** What a patch would do: how many events would be accepted, and some of them before and after. */
export function DryRun({ answer }: { answer: DeadLetterDryRun }): JSX.Element {
  const t = texts().letters;
  const { letters, tried, accepted, refused, refusals, skipped, samples } = answer;
  return (
    <section aria-label={t.before} role="status">
      <p>{t.tried(whole(tried), whole(letters))}</p>
      <ul class="counts">
        <li class={accepted > 0 ? 'good' : ''}>
          <strong data-figure="accepted">{whole(accepted)}</strong> {t.wouldBe.accepted}
        </li>
        <li class={refused > 0 ? 'bad' : ''}>
          <strong data-figure="refused">{whole(refused)}</strong> {t.wouldBe.refused}
        </li>
        {skipped.map(({ why, letters: count }) => (
          <li key={why} class="warn">
            <strong>{whole(count)}</strong> {t.why[why]}
          </li>
        ))}
      </ul>
      {refusals.map(({ code, detail, letters: count }) => (
        <p key={code} class="bad" lang="en">
          {whole(count)} × {code}: {detail}
        </p>
      ))}
      {samples.map((sample) => (
        <details key={sample.key} open={sample === samples[0]}>
          <summary>
            {sample.key}: {sample.refusal ? t.wouldBe.refused : t.wouldBe.accepted}
          </summary>
          {sample.refusal && (
            <p class="bad" lang="en">
              {sample.refusal.code}: {sample.refusal.detail}
            </p>
          )}
          <Difference before={sample.before ?? ''} after={sample.after ?? ''} />
        </details>
      ))}
    </section>
  );
}

const SIGNS = { same: ' ', removed: '−', added: '+' };

function Difference({ before, after }: { before: string; after: string }): JSX.Element {
  const t = texts().letters;
  if (before === after) {
    return <p class="hint">{t.unchanged}</p>;
  }
  return (
    <pre class="event" tabIndex={0} aria-label={t.before}>
      {diff(before.split('\n'), after.split('\n')).map(({ kind, line }, index) => (
        <span key={index} class={kind}>
          {SIGNS[kind]} {line}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
