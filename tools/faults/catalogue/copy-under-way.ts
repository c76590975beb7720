/** Catches a writer in the middle of a COPY. */
import type { Target } from './fault.ts';

/** Resolves with the server session of a writer's COPY that is running right now. */
export async function copyUnderWay({ system }: Target): Promise<number> {
  let pid: number | undefined;
  await system.until(
    async () => {
      const [row] = await system.sql<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'chip-writer %' AND state = 'active' AND query LIKE 'COPY %' LIMIT 1`,
      );
      pid = row?.pid;
      return pid !== undefined;
    },
    20_000,
    'a COPY is under way',
  );
  return pid as number;
}
