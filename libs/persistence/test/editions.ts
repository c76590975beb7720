import { createTestDatabase } from '../src/testing/index.ts';
import { createCommunityDatabase } from './community-database.ts';

/** What a test of both editions needs: SQL, and one round of whatever each edition does in the background. */
export interface EditionUnderTest {
  readonly edition: 'apache' | 'community';
  query<T extends object>(text: string, parameters?: unknown[]): Promise<T[]>;
  /** Folds, refreshes, compresses and drops as the maintenance and the server's jobs would. */
  runBackgroundWork(): Promise<void>;
  close(): Promise<void>;
}

export const editions = { apache: openApache, community: openCommunity };

async function openApache(): Promise<EditionUnderTest> {
  const db = await createTestDatabase();
  return {
    edition: 'apache',
    query: (text, parameters) => db.database.query(text, parameters as never),
    runBackgroundWork: async () => {
      await db.database.query('SELECT fold_metrics()');
      await db.database.query(`SELECT apply_retention('system_metrics')`);
    },
    close: () => db.drop(),
  };
}

async function openCommunity(): Promise<EditionUnderTest> {
  const database = await createCommunityDatabase();
  const query = async <T extends object>(text: string, parameters?: unknown[]): Promise<T[]> =>
    (await database.query<T>(text, parameters)).rows;
  return {
    edition: 'community',
    query,
    runBackgroundWork: async () => {
      await query('SELECT fold_metrics()');
      // There are no background workers in one process: each job once, in the order of their ids.
      const jobs = await query<{ job_id: number }>(
        'SELECT job_id FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY 1',
      );
      for (const { job_id } of jobs) await query(`CALL run_job(${job_id})`);
    },
    close: () => database.close(),
  };
}
