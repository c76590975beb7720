import { type JSX } from 'preact';

/** A fraction as a bar and in words. */
export const Share = ({ fraction, words }: { fraction: number | null; words: string }): JSX.Element => (
  <span class="share">
    <span class="fill" style={{ width: `${100 * (fraction ?? 0)}%` }} />
    <span class="words">{words}</span>
  </span>
);
