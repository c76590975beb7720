/** What a fault may leave behind even if all data is right: open transactions, memory, handles, dead services. */
import { readFileSync, readdirSync } from 'node:fs';
import { waitFor } from '../../devstack/processes/wait-for.ts';
import type { Difference } from './checker.ts';
import type { SystemUnderTest } from '../system/system.ts';

const MEGABYTE = 1024 * 1024;
const MOST_RESIDENT_MEGABYTES = 400;
/** Handles come and go with connections; a leak grows with every fault. */
const MOST_EXTRA_HANDLES = 25;
const SETTLE_WITHIN_MS = 30_000;

export interface Footprint {
  readonly residentMegabytes: number;
  readonly handles: number;
}

export function footprintsOf(system: SystemUnderTest): Map<string, Footprint> {
  return new Map(
    system.serviceNames.map((name) => {
      const pid = system.pidOf(name);
      const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
      return [
        name,
        { residentMegabytes: Math.round((pages * 4096) / MEGABYTE), handles: readdirSync(`/proc/${pid}/fd`).length },
      ];
    }),
  );
}

export async function checkResidue(
  system: SystemUnderTest,
  base: ReadonlyMap<string, Footprint>,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const name of system.serviceNames) {
    for (const probe of ['live', 'ready']) {
      let answer = '';
      const isUp = await waitFor(
        async () => {
          answer = await probeOf(`${system.url(name)}/health/${probe}`);
          return answer === '';
        },
        SETTLE_WITHIN_MS,
        system.signal,
      );
      if (!isUp) {
        differences.push(`${name} is not ${probe}: ${answer}`);
      }
    }
  }
  let sessions: { application_name: string; state: string; query: string }[] = [];
  await waitFor(
    async () => {
      sessions = await system.sql(
        `SELECT application_name, state, left(query, 60) AS query FROM pg_stat_activity
         WHERE state LIKE 'idle in transaction%' OR query LIKE 'COPY %' AND state = 'active'`,
      );
      return sessions.length === 0;
    },
    SETTLE_WITHIN_MS,
    system.signal,
  );
  for (const { application_name, state, query } of sessions) {
    differences.push(`a session is left over: ${application_name}, ${state}, ${query}`);
  }
  for (const [name, { residentMegabytes, handles }] of footprintsOf(system)) {
    if (residentMegabytes > MOST_RESIDENT_MEGABYTES && !name.startsWith('query-')) {
      differences.push(`${name} holds ${residentMegabytes} MB, more than ${MOST_RESIDENT_MEGABYTES}`);
    }
    const before = base.get(name)?.handles ?? handles;
    if (handles > before + MOST_EXTRA_HANDLES) {
      differences.push(`${name} has ${handles} handles open, ${before} at the beginning`);
    }
  }
  return differences;
}

/** Empty if the service answers yes. */
async function probeOf(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(4_000) });
    const text = await response.text();
    return response.status === 200 ? '' : text.slice(0, 300);
  } catch (error) {
    return (error as Error).message;
  }
}
