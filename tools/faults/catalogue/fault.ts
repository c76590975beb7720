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
  /** Waits while the fault lasts. */
  readonly hold: (ms: number) => Promise<void>;
  /** Pauses the publisher and resolves once everything it has published is applied. */
  readonly rest: (withinMs?: number) => Promise<void>;
  /** Prints a measurement of the fault and keeps it for the report. */
  readonly note: (text: string) => void;
  /** Reports a violation while the fault lasts; the run fails, but the comparison still takes place. */
  readonly object: (text: string) => void;
}

export interface Fault {
  readonly name: string;
  readonly what: string;
  /** At most once per run: it cannot be undone. */
  readonly isOnce?: boolean;
  /** Too long for the ordinary schedule: runs only by name. */
  readonly isLong?: boolean;
  /** Number of brokers it needs; a run with another number omits it. Undefined: any number. */
  readonly brokers?: 1 | 3;
  /** Injects, holds and removes the fault; resolves when it is over. Cleans up even after a failure. */
  readonly run: (target: Target) => Promise<void>;
}
