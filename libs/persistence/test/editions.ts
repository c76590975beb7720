import { LoadSession } from '../src/index.ts';
import { createTestDatabase } from '../src/testing/index.ts';
import { createCommunityDatabase } from './community-database.ts';

/** COPY text for one table, cut anywhere. */
export interface CopyInput {
  readonly table: string;
  readonly columns: readonly string[];
  readonly chunks: readonly Buffer[];
}

/** What a test of both editions needs: SQL, COPY, and one round of whatever each edition does in the background. */
export interface EditionUnderTest {
  readonly edition: 'apache' | 'community';
  query<T extends object>(text: string, parameters?: unknown[]): Promise<T[]>;
  /** Copies everything in one transaction, as a flush does. Rejects when a row is refused; nothing of it is stored then. */
  flush(copies: readonly CopyInput[]): Promise<void>;
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
    flush: async (copies) => {
      const session = await LoadSession.open({ url: db.url, applicationName: 'chip-test' });
      try {
        await session.begin();
        for (const { table, columns, chunks } of copies) {
          await session.copy(table, columns, chunks);
        }
        await session.query('COMMIT');
      } finally {
        await session.close();
      }
    },
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
    // No wire, so no COPY FROM STDIN: the same server code reads the same text from a file that is a blob.
    flush: (copies) =>
      database.transaction(async (transaction) => {
        for (const { table, columns, chunks } of copies) {
          await transaction.query(`COPY ${table} (${columns.join(', ')}) FROM '/dev/blob'`, [], {
            blob: new Blob([Buffer.concat(chunks)]),
          });
        }
      }),
    runBackgroundWork: async () => {
      await query('SELECT fold_metrics()');
      // There are no background workers in one process: each job once, in the order of their ids.
      const jobs = await query<{ job_id: number }>(
        'SELECT job_id FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY 1',
      );
      for (const { job_id } of jobs) {
        await query(`CALL run_job(${job_id})`);
      }
    },
    close: () => database.close(),
  };
}
