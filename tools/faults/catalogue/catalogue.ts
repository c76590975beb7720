/** Every fault by name: each is injected into the running system, held for a while, and healed. */
import type { Fault } from './fault.ts';
import { brokerFaults } from './of/broker.ts';
import { clockFaults } from './of/clock.ts';
import { clusterFaults } from './of/cluster.ts';
import { databaseFaults } from './of/database.ts';
import { eventFaults } from './of/events.ts';
import { linkFaults } from './of/link.ts';
import { processFaults } from './of/processes.ts';
import { topicFaults } from './of/topics.ts';

export const catalogue: readonly Fault[] = [
  ...processFaults,
  ...linkFaults,
  ...databaseFaults,
  ...brokerFaults,
  ...clusterFaults,
  ...clockFaults,
  ...topicFaults,
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
