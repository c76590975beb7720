import { type JSX } from 'preact';
import { type Measurement } from '../../api/answers.ts';
import { measured } from '../../format/numbers.ts';

/** Share of the bar that stays free on each side of the limits. */
const MARGIN = 0.15;

/** Where a value is between the limits of its machine. The limits are in words beside it. */
export function LimitBar({ measurement }: { measurement: Measurement }): JSX.Element {
  const { value, lower_limit: lower, upper_limit: upper } = measurement;
  const words = `${lower === null ? '' : `≥ ${measured(lower)} `}${upper === null ? '' : `≤ ${measured(upper)}`}`;
  const isOutside = value !== null && ((lower !== null && value < lower) || (upper !== null && value > upper));
  if (value === null || lower === null || upper === null || upper <= lower) {
    return <span class={isOutside ? 'bad' : ''}>{words || '–'}</span>;
  }
  const share = MARGIN + (1 - 2 * MARGIN) * ((value - lower) / (upper - lower));
  const at = 100 * Math.min(0.98, Math.max(0.02, share));
  return (
    <span class={`limits ${isOutside ? 'bad' : ''}`}>
      <svg viewBox="0 0 100 10" aria-hidden="true">
        <line x1="0" y1="5" x2="100" y2="5" />
        <line x1={100 * MARGIN} y1="0" x2={100 * MARGIN} y2="10" />
        <line x1={100 * (1 - MARGIN)} y1="0" x2={100 * (1 - MARGIN)} y2="10" />
        <circle cx={at} cy="5" r="3.5" />
      </svg>
      {words}
    </span>
  );
}
