/** Checks for free space before anything is written, because a disk that fills up half-way causes obscure errors. */
import { statfs } from 'node:fs/promises';
import { StackError } from '../terminal/stack-error.ts';

export const GIBIBYTE = 1024 ** 3;

export const SPACE_FOR_SERVERS = 3 * GIBIBYTE;
/** The largest download, packed and unpacked. */
export const SPACE_FOR_DOWNLOADS = 1 * GIBIBYTE;

export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** @param instead what a person can do other than free space */
export async function checkDiskSpace(
  folder: string,
  neededBytes: number,
  instead = '"npm stop -- --wipe" deletes the local data',
): Promise<void> {
  const free = await freeBytes(folder);
  if (free < neededBytes) {
    const inGib = (bytes: number) => (bytes / GIBIBYTE).toFixed(1);
    throw new StackError(
      `the disk of ${folder} has ${inGib(free)} GiB free; ${inGib(neededBytes)} GiB are needed`,
      `free some space there; ${instead}`,
    );
  }
}
