import { type JSX } from 'preact';
import { texts } from '../texts/texts.ts';

/** The verdict on a chip, or the state of a run that has none; not by colour alone. */
export function Verdict({ result, status }: { result: 'pass' | 'fail' | null; status: string }): JSX.Element {
  const t = texts().verdicts;
  return result === null ? (
    <span class="quiet">{status}</span>
  ) : (
    <span class={result === 'pass' ? 'good' : 'bad'}>
      {result === 'pass' ? '●' : '▲'} {t[result]}
    </span>
  );
}
