import type { Backlog } from '../data/machine-data.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import type { CaseDatabase } from '../system/case-database.ts';

/** A program that is in the cache. */
export interface Peer {
  /** Whether it can read records of this form. */
  reads(backlog: Backlog): boolean;
  /** How it is started on a backlog. */
  launch(
    system: BenchSystem,
    database: CaseDatabase,
    backlog: Backlog,
  ): { command: string; args: readonly string[]; env: NodeJS.ProcessEnv };
  readonly storesTags: boolean;
}
