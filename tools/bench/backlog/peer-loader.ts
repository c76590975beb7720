/** Another program as a loader of a backlog: its progress is counted in the table. */
import { setTimeout as sleep } from 'node:timers/promises';
import { REPOSITORY_ROOT } from '../../devstack/layout.ts';
import type { Backlog } from '../data/machine-data.ts';
import type { Peer } from '../peers/peer.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import type { CaseDatabase } from '../system/case-database.ts';
import type { Loader } from './measured-load.ts';

/** They report no readiness: they count as ready unless they fail at once. */
const SETTLE_MS = 1_000;
/** Counting the rows is to take at most this share of one core. */
const COUNTING_SHARE = 0.05;
const LEAST_PAUSE_MS = 50;

/** Rows of which every column came that the program can fill. */
const wholeRows = ({ storesTags }: Peer): string => `SELECT count(*) AS rows FROM system_metrics
  WHERE service_name IS NOT NULL AND metric_name IS NOT NULL AND metric_value IS NOT NULL AND host IS NOT NULL${storesTags ? ' AND tags IS NOT NULL' : ''}`;

export function peerLoader(peer: Peer, system: BenchSystem, database: CaseDatabase, backlog: Backlog): Loader<'peer'> {
  const launch = { name: 'peer-1', cwd: REPOSITORY_ROOT, ...peer.launch(system, database, backlog) };
  const readiness = () => {
    const began = performance.now();
    return () => performance.now() - began > SETTLE_MS;
  };
  let pauseMs = LEAST_PAUSE_MS;
  return {
    processes: ['peer'],
    whileRunning: (work) => system.withParts([{ launch, readiness, readyWithinMs: 2 * SETTLE_MS }], work),
    committed: async (signal) => {
      await sleep(pauseMs, undefined, { signal });
      const began = performance.now();
      const { rows } = await database.row<{ rows: string }>(wholeRows(peer));
      pauseMs = Math.max(LEAST_PAUSE_MS, (performance.now() - began) / COUNTING_SHARE);
      return Number(rows);
    },
  };
}
