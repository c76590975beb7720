import { type JSX } from 'preact';
import { type Standstill } from '../../api/answers.ts';
import { addressOf } from '../../shared/location.ts';
import { texts } from '../../texts/texts.ts';

type Row = Pick<Standstill, 'state' | 'state_reason'>;

/** The state of a partition; one that stopped leads to its runbook. */
export function PartitionState({ row: { state, state_reason } }: { row: Row }): JSX.Element {
  const t = texts().pipeline;
  if (state === 'running') {
    return <span class="good">● {t.running}</span>;
  }
  return (
    <span class="bad">
      ▲{' '}
      <a href={addressOf('/runbooks/{state}', { state })} aria-label={t.runbook(state)}>
        {state}
      </a>
      {state_reason !== null && (
        <small class="reason" lang="en">
          {state_reason}
        </small>
      )}
    </span>
  );
}
