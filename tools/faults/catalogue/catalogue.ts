/** Every fault by name: each is injected into the running system, held for a while, and then removed. */
import type { Fault } from './fault.ts';
import { BROKER_FAULTS } from './of/broker.ts';
import { CLOCK_FAULTS } from './of/clock.ts';
import { CLUSTER_FAULTS } from './of/cluster.ts';
import { DATABASE_FAULTS } from './of/database.ts';
import { EVENT_FAULTS } from './of/events.ts';
import { LINK_FAULTS } from './of/link.ts';
import { PROCESS_FAULTS } from './of/processes.ts';
import { TOPIC_FAULTS } from './of/topics.ts';

export const CATALOGUE: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...LINK_FAULTS,
  ...DATABASE_FAULTS,
  ...BROKER_FAULTS,
  ...CLUSTER_FAULTS,
  ...CLOCK_FAULTS,
  ...TOPIC_FAULTS,
  ...EVENT_FAULTS,
];

/** Fast ones of each kind, for `npm test`. */
export const SHORT_LIST = [
  'writer killed',
  'commit reply lost',
  'ingest killed',
  'backend terminated in COPY',
  'poison rows',
  'sessions terminated',
];
