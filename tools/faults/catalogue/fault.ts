/** What a fault is, and what it works on. */
import type { AcknowledgementLog } from '../load/acknowledgements.ts';
import type { Publisher } from '../load/publisher.ts';
import type { Random } from '../load/random.ts';
import type { LetterReader } from '../proof/observation.ts';
import type { SystemUnderTest } from '../system/system.ts';

/** What a fault works on. */
export interface Target {
  readonly system: SystemUnderTest;
  readonly publisher: Publisher;
  readonly log: AcknowledgementLog;
  readonly letters: LetterReader;
  readonly random: Random;
  /** Lets the fault last. */
  readonly hold: (ms: number) => Promise<void>;
  /** Pauses the publisher and resolves once everything that it has published is applied. */
  readonly rest: (withinMs?: number) => Promise<void>;
  /** Prints a measurement of the fault, and keeps it for the report. */
  readonly note: (text: string) => void;
  /** States what is not as it has to be while the fault lasts; the run fails, the comparison still takes place. */
  readonly object: (text: string) => void;
}

export interface Fault {
  readonly name: string;
  readonly what: string;
  /** Once per run at most: it cannot be undone. */
  readonly isOnce?: boolean;
  /** Too long for the ordinary schedule: run it by name. */
  readonly isLong?: boolean;
  /** Needs this many brokers; it is left out of a run with another number of them. Undefined: any number. */
  readonly brokers?: 1 | 3;
  /** Injects, holds and heals; resolves when the fault is over. Cleans up also when it fails. */
  readonly run: (target: Target) => Promise<void>;
}
