/** Builds a cached folder once: whole or not at all, even when two checkouts that share a cache build it together. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isAlive } from '../processes/processes.ts';

/** @param build fills the empty folder that it receives, which then moves to its final place */
export async function cachedFolder(
  cache: string,
  name: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = path.join(cache, name);
  if (existsSync(folder)) {
    return folder;
  }
  mkdirSync(cache, { recursive: true });
  removeLeftovers(cache);
  const partial = path.join(cache, `${name}.partial-${process.pid}`);
  mkdirSync(partial);
  try {
    await build(partial);
    publish(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}

function publish(partial: string, folder: string): void {
  try {
    renameSync(partial, folder);
  } catch (error) {
    // Another process finished the same folder meanwhile: its result is as good as ours.
    if (!existsSync(folder)) {
      throw error;
    }
  }
}

/** Removes what crashed builds left behind. */
function removeLeftovers(cache: string): void {
  for (const name of readdirSync(cache)) {
    const pid = /\.partial-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) {
      rmSync(path.join(cache, name), { recursive: true, force: true });
    }
  }
}
