import { type JSX } from 'preact';
import { percent } from '../../format/numbers.ts';

const WIDTH = 180;
const MARGIN = 6;

export interface IntervalProps {
  /** Ends of the scale that all rows share. */
  readonly least: number;
  readonly most: number;
  readonly row: { readonly yield: number; readonly yield_lower: number; readonly yield_upper: number };
  readonly overall: number | null;
}

/** The interval of a yield on the scale of all rows, with the overall yield as a line, and in words. */
export function Interval({ least, most, row, overall }: IntervalProps): JSX.Element {
  const at = (share: number): number =>
    MARGIN + ((share - least) / Math.max(most - least, Number.MIN_VALUE)) * (WIDTH - 2 * MARGIN);
  return (
    <span class="interval">
      <svg viewBox={`0 0 ${WIDTH} 16`} aria-hidden="true">
        {overall !== null && <line class="overall" x1={at(overall)} x2={at(overall)} y1="0" y2="16" />}
        <line x1={at(row.yield_lower)} x2={at(row.yield_upper)} y1="8" y2="8" />
        <circle cx={at(row.yield)} cy="8" r="4" />
      </svg>
      {percent(row.yield_lower)} – {percent(row.yield_upper)}
    </span>
  );
}
