import type { PartitionState } from '@chip/contracts';
import { CommitUnknownError, DatabaseError, TransactionFailedError } from '@chip/persistence';
import type { ErrorCode } from '@chip/service';
import { DeadLettersRefusedError } from './flush/flush.ts';
import { MostlyRejectedError } from './flush/refusal-brake.ts';

/** What a failed attempt to apply a batch means for its partition. Other partitions go on in every case. */
export type Failure =
  /** The same work may succeed soon. `isTooMuch`: less work is more likely to, or a lock was not available in time. */
  | { readonly kind: 'wait'; readonly code: ErrorCode; readonly isTooMuch: boolean }
  /** Another writer moved the position. */
  | { readonly kind: 'conflict' }
  /** Stops for a stated reason. `retries`: it retries automatically; otherwise a person decides. */
  | { readonly kind: 'stop'; readonly state: PartitionState; readonly retries: boolean }
  /** Not a reason to stop a partition: this process itself is broken. */
  | { readonly kind: 'broken' };

/**
 * Statement cancelled or timed out; lock not available in time; the writer's own work between two statements took too long;
 * out of memory or of locks: a flush takes several for each chunk, and samples of years touch thousands.
 */
const TOO_MUCH = ['57014', '55P03', '25P03', '53200'];

/** @param isTimedOut whether the session was cut because something exceeded its deadline */
export function failureOf(error: unknown, isTimedOut: boolean): Failure {
  if (error instanceof CommitUnknownError) {
    return { kind: 'wait', code: error.code, isTooMuch: isTimedOut };
  }
  if (error instanceof DatabaseError) {
    if (error.kind === 'position_conflict') {
      return { kind: 'conflict' };
    }
    if (error.kind === 'transient') {
      return { kind: 'wait', code: error.code, isTooMuch: isTimedOut || TOO_MUCH.includes(error.sqlstate) };
    }
    return { kind: 'stop', state: 'database_refuses', retries: true };
  }
  if (error instanceof TransactionFailedError) {
    return { kind: 'stop', state: 'database_refuses', retries: true };
  }
  if (error instanceof DeadLettersRefusedError) {
    return { kind: 'stop', state: 'dead_letters_refused', retries: true };
  }
  if (error instanceof MostlyRejectedError) {
    return { kind: 'stop', state: 'rows_mostly_rejected', retries: false };
  }
  return { kind: 'broken' };
}
