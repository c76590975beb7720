/** Where the servers of tests keep their files. */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { stackFolder, type StackFolder } from '../../layout.ts';
import { GIBIBYTE } from '../../servers/disk-space.ts';

const IN_MEMORY = '/dev/shm';
const TMPFS = 0x01_02_19_94;
/** Test data took 0.8 GiB at most, and all that runs in `npm test` 8 GiB with it, on two cores. */
const SPACE_IN_MEMORY = 3 * GIBIBYTE;
const AVAILABLE_MEMORY = 12 * GIBIBYTE;

/**
 * A new, empty folder: in memory where there is plenty, otherwise on the disk. Each suite creates and drops a database of
 * a thousand files, which costs some file systems ten times as much as memory.
 *
 * @param home which set of servers; a folder that an earlier run of it left behind is deleted
 */
export function newTestFolder(home: string): StackFolder {
  deleteTestFolder(home);
  const onDisk = stackFolder(home);
  if (!isPlentyOfMemory()) {
    return onDisk;
  }
  const data = dataInMemory(home);
  try {
    // PostgreSQL may run as another user, who has to pass through.
    mkdirSync(data, { mode: 0o711 });
  } catch {
    // Someone else's, or the folder is closed to us.
    return onDisk;
  }
  return { ...onDisk, data };
}

export function deleteTestFolder(home: string): void {
  for (const data of [stackFolder(home).data, dataInMemory(home)]) {
    rmSync(data, { recursive: true, force: true });
  }
}

/** One per checkout, so that the next run finds what a killed one has left. */
const dataInMemory = (home: string): string =>
  path.join(IN_MEMORY, `chip-test-${createHash('sha256').update(path.resolve(home)).digest('hex').slice(0, 16)}`);

function isPlentyOfMemory(): boolean {
  try {
    const { type, bavail, bsize } = statfsSync(IN_MEMORY);
    return type === TMPFS && bavail * bsize >= SPACE_IN_MEMORY && process.availableMemory() >= AVAILABLE_MEMORY;
  } catch {
    return false;
  }
}
