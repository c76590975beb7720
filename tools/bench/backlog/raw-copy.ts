/** The baseline: the same rows, one by one, into a plain table with its indexes, only with `psql \copy`. */
import { rmSync } from 'node:fs';
import type { Backlog } from '../data/machine-data.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import type { CaseDatabase } from '../system/case-database.ts';
import { cpuSeconds } from '../system/process-usage.ts';
import { bytesOf, sizeOf } from '../system/disk-size.ts';

export interface RawCopyResult {
  readonly rowsPerSecond: number;
  /** Of the server alone: the least that the rows cost, from any client. */
  readonly postgresCpuSecondsPerMillionRows: number;
  /** On disk, with the indexes. */
  readonly bytesPerRow: number;
}

/** One COPY of all rows into an empty table; `database` already holds the rows, for example after a load. */
export async function measureRawCopy(
  system: BenchSystem,
  database: CaseDatabase,
  { table, plainTable, rows }: Backlog,
): Promise<RawCopyResult> {
  try {
    await system.psql(database, `\\copy (SELECT * FROM ${table}) TO '${system.rowsFile}'\n`);
    return await system.withDatabase(async (empty) => {
      await empty.client.query('CHECKPOINT');
      const postgres = { postgres: system.pidsOf('postgres') };
      const before = cpuSeconds(postgres).postgres;
      const began = performance.now();
      await system.psql(empty, `\\copy ${plainTable} FROM '${system.rowsFile}'\n`);
      const seconds = (performance.now() - began) / 1000;
      const used = cpuSeconds(postgres).postgres - before;
      const copied = await empty.row<{ rows: string }>(`SELECT count(*) AS rows FROM ${plainTable}`);
      if (Number(copied.rows) !== rows) {
        throw new Error(`the raw copy holds ${copied.rows} rows, expected ${rows}`);
      }
      return {
        rowsPerSecond: rows / seconds,
        postgresCpuSecondsPerMillionRows: (used / rows) * 1e6,
        bytesPerRow: bytesOf(await sizeOf(empty, [plainTable])) / rows,
      };
    });
  } finally {
    rmSync(system.rowsFile, { force: true });
  }
}
