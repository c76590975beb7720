/** What an accident is, and the steps that several of them share. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { repeatedly } from '../../../devstack/processes/wait-for.ts';
import type { ObservedSystem } from '../system/system.ts';

export interface Accident {
  readonly what: string;
  /** Alerts that must arrive, in any order; others may. */
  readonly alerts: readonly string[];
  /** How long to wait for an alert, and for its end, at the least: where the product itself takes its time. */
  readonly leastMs?: number;
  /** @returns what puts it right */
  begin(system: ObservedSystem): Promise<() => Promise<void>>;
  /** Clears away what would change the answer if it went before the alerts have ended. */
  tidy?(system: ObservedSystem): Promise<void>;
}

/** Passes over failures of the step: the system is broken on purpose. */
export const persistently = (step: (stop: AbortSignal) => Promise<unknown>): (() => Promise<void>) =>
  repeatedly((stop) => step(stop).catch(() => sleep(200, undefined, { ref: false })));

/** Holds a lock in a session of its own. */
export async function locked(system: ObservedSystem, statement: string): Promise<pg.Client> {
  const session = await system.session();
  await session.query('BEGIN');
  await session.query(statement);
  return session;
}
