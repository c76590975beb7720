/** The faults: each is injected into the running system, held for a while, and healed. Numbers: docs/reliability.md. */
import type { AcknowledgementLog } from './acknowledgements.ts';
import type { Publisher } from './publisher.ts';
import type { Random } from './random.ts';
import type { SystemUnderTest } from './system.ts';
import { brokerFaults } from './faults-of-broker.ts';
import { databaseFaults } from './faults-of-database.ts';
import { eventFaults } from './faults-of-events.ts';
import { linkFaults } from './faults-of-link.ts';
import { processFaults } from './faults-of-processes.ts';

/** What a fault works on. */
export interface Target {
  readonly system: SystemUnderTest;
  readonly publisher: Publisher;
  readonly log: AcknowledgementLog;
  readonly random: Random;
  /** Lets the fault last. */
  readonly hold: (ms: number) => Promise<void>;
}

export interface Fault {
  readonly name: string;
  readonly what: string;
  /** Once per run at most: it cannot be undone. */
  readonly isOnce?: boolean;
  /** Too long for the ordinary schedule: run it by name. */
  readonly isLong?: boolean;
  /** Injects, holds and heals; resolves when the fault is over. Cleans up also when it fails. */
  readonly run: (target: Target) => Promise<void>;
}

export const catalogue: readonly Fault[] = [
  ...processFaults,
  ...linkFaults,
  ...databaseFaults,
  ...brokerFaults,
  ...eventFaults,
];

/** Fast ones of each kind, for `npm test`. */
export const shortList = [
  'writer killed',
  'commit reply lost',
  'ingest killed',
  'backend terminated in COPY',
  'poison rows',
  'sessions terminated',
];
