import { InputError } from '@chip/service';

/** A change that was checked but not made. */
export interface Plan {
  /** What will happen, for a person to read before it does. */
  readonly lines: readonly string[];
  /** Makes and records the change. @returns what happened, and what to watch */
  apply(): Promise<string>;
}

/**
 * The change is made already. As one of all partitions, a partition is left out with `line`: a command that was interrupted
 * is repeated. Alone, or if there is nothing to do for any of them, the command was a mistake, and the message says which.
 */
export class AlreadyMadeError extends InputError {
  constructor(
    message: string,
    readonly line: string,
  ) {
    super(message);
  }
}

/** The last sentence of a plan's report once it is applied. */
export const WATCH = 'A running writer picks this up within 10 s: npm run positions -- show';
