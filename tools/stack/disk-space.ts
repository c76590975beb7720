/** Looks for room before anything is written, because a disk that fills up half-way gives obscure errors. */
import { statfs } from 'node:fs/promises';
import { StackError } from './stack-error.ts';

const gibibyte = 1024 ** 3;

export async function checkDiskSpace(folder: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < neededBytes) {
    const inGib = (bytes: number) => (bytes / gibibyte).toFixed(1);
    throw new StackError(
      `the disk of ${folder} has ${inGib(free)} GiB free; ${inGib(neededBytes)} GiB are needed`,
      'free some space; "npm stop -- --wipe" deletes the local data',
    );
  }
}

export const spaceForServers = 3 * gibibyte;
