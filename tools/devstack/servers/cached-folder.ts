/** Builds a cached folder once: whole or not at all, even when two checkouts that share a cache build it together. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isAlive } from '../processes/processes.ts';
import { waitFor } from '../processes/wait-for.ts';
import { checkDiskSpace, SPACE_FOR_DOWNLOADS } from './disk-space.ts';

/** In the folder: a line for each of its files, with its bytes. */
const FILES = '.files';
/** A slow network takes minutes for the servers. */
const OTHERS_FINISH_WITHIN_MS = 15 * 60_000;

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
  // Half of what another process downloads is here already. If it fails, or hangs, it is our turn.
  await waitFor(() => !isUnderWay(cache, name), OTHERS_FINISH_WITHIN_MS);
  if (existsSync(folder)) {
    return folder;
  }
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

/** Folders that are being built, or were when their process was killed. */
function partials(cache: string): { partial: string; of: string; pid: number }[] {
  return readdirSync(cache).flatMap((partial) => {
    const [, of, pid] = /^(.+)\.partial-(\d+)$/.exec(partial) ?? [];
    return of === undefined ? [] : { partial, of, pid: Number(pid) };
  });
}

/** Removes what crashed builds left behind. */
function removeLeftovers(cache: string): void {
  for (const { partial, pid } of partials(cache)) {
    if (!isAlive(pid)) {
      rmSync(path.join(cache, partial), { recursive: true, force: true });
    }
  }
}

/** Whether another process builds the folder. */
function isUnderWay(cache: string, name: string): boolean {
  return partials(cache).some(({ of, pid }) => of === name && pid !== process.pid && isAlive(pid));
}
