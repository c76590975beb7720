/** Where the stack keeps its files. Nothing is written outside these folders. */
import { realpathSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY_ROOT = realpathSync(fileURLToPath(new URL('../..', import.meta.url)));

export const LOCAL_FOLDER = path.join(REPOSITORY_ROOT, '.local');

/** What `npm start` passes to other tools; absent while nothing runs. */
export const STACK_ENV_FILE = path.join(LOCAL_FOLDER, 'stack.env');

/** Downloads only, the same for every set of servers; checkouts may share it. */
export function cacheFolder(): string {
  return path.resolve(process.env['CHIP_CACHE_DIR'] || path.join(LOCAL_FOLDER, 'cache'));
}

/** One set of servers: `npm start` has one and `npm test` another, so that they do not disturb each other. */
export interface StackFolder {
  /** Survives a stop; a wipe deletes it. */
  readonly data: string;
  /** Process ids and logs. */
  readonly run: string;
}

export function stackFolder(folder: string): StackFolder {
  mkdirSync(folder, { recursive: true });
  // The real path, because processes are recognised by the folder they were started for.
  const real = realpathSync(folder);
  const stack = { data: path.join(real, 'data'), run: path.join(real, 'run') };
  mkdirSync(stack.data, { recursive: true });
  mkdirSync(stack.run, { recursive: true });
  return stack;
}
