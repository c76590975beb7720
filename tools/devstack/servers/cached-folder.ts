/** Builds a cached folder once: whole or not at all, even when two checkouts that share a cache build it together. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isAlive } from '../processes/processes.ts';
import { checkDiskSpace, SPACE_FOR_DOWNLOADS } from './disk-space.ts';

/** In the folder: a line for each of its files, with its bytes. */
const FILES = '.files';

/**
 * @param build fills the empty folder that it receives, which then moves to its final place
 * @param neverChanges whether to rebuild a folder with a missing or truncated file, as after a crash of the machine
 */
export async function cachedFolder(
  cache: string,
  name: string,
  build: (folder: string) => Promise<void>,
  neverChanges = false,
): Promise<string> {
  const folder = path.join(cache, name);
  if (existsSync(folder)) {
    if (!neverChanges || isWhole(folder)) {
      return folder;
    }
    rmSync(folder, { recursive: true });
  }
  mkdirSync(cache, { recursive: true });
  removeLeftovers(cache);
  await checkDiskSpace(cache, SPACE_FOR_DOWNLOADS, 'or set CHIP_CACHE_DIR to a folder on another disk');
  const partial = path.join(cache, `${name}.partial-${process.pid}`);
  // In a container that starts again, a process may have the id of the one that was killed.
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial);
  try {
    await build(partial);
    if (neverChanges) {
      writeFileSync(path.join(partial, FILES), filesOf(partial));
    }
    publish(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}

function filesOf(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const file = path.join(parentPath, name);
      return `${statSync(file).size} ${path.relative(folder, file)}\n`;
    })
    .join('');
}

/** Compares the sizes of its files: reading them all would take longer than a start. */
function isWhole(folder: string): boolean {
  const list = path.join(folder, FILES);
  if (!existsSync(list)) {
    // Built by an earlier version.
    return true;
  }
  return readFileSync(list, 'utf8')
    .split('\n')
    .filter(Boolean)
    .every((line) => {
      const [, bytes, file] = /^(\d+) (.+)$/.exec(line) ?? [];
      return file !== undefined && statSync(path.join(folder, file), { throwIfNoEntry: false })?.size === Number(bytes);
    });
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
