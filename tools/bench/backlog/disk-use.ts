/** What a load adds to the disk. */
import type { Backlog } from '../data/machine-data.ts';
import type { CaseDatabase } from '../system/case-database.ts';
import { sizeOf, type Size } from '../system/disk-size.ts';

export interface DiskUse {
  /** Where the rows are. */
  readonly rows: Size;
  /** In every other table: units, ledgers, positions, summaries. */
  readonly rest: Size;
}

export async function diskUse(
  database: CaseDatabase,
  { storedIn }: Pick<Backlog, 'storedIn'>,
  before?: DiskUse,
): Promise<DiskUse> {
  const [all, rows] = [await sizeOf(database), await sizeOf(database, [storedIn])];
  const now = { rows, rest: less(all, rows) };
  return before === undefined ? now : { rows: less(now.rows, before.rows), rest: less(now.rest, before.rest) };
}

const less = (all: Size, part: Size): Size => ({
  heap: all.heap - part.heap,
  indexes: all.indexes - part.indexes,
  toast: all.toast - part.toast,
});
