// Node 20 runs this file before anything is installed: plain JavaScript, and nothing but Node's own modules.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** The pid in a lock file; undefined if there is no such file. */
function holderOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** Gives `file` the second name `name`, unless that is taken. */
function linked(file, name) {
  try {
    linkSync(file, name);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

/** See lock-file.d.mts. */
export function takeLockFile(file, isHolder) {
  // A file with our own pid is from an earlier process, as happens in containers.
  const isHeldBy = (pid) => pid !== process.pid && isHolder(pid);
  const own = `${file}.${process.pid}`;
  const stale = `${own}.stale`;
  // A link appears with its content; a file that is created and then written would look unowned for a moment.
  writeFileSync(own, `${process.pid}\n`);
  try {
    for (;;) {
      if (linked(own, file)) {
        return undefined;
      }
      const holder = holderOf(file);
      if (holder === undefined) {
        continue;
      }
      if (isHeldBy(holder)) {
        return holder;
      }
      try {
        renameSync(file, stale);
      } catch (error) {
        if (error.code !== 'ENOENT') {
          throw error;
        }
        continue;
      }
      // Another process may have replaced it since it was read: then it gets its file back.
      if (isHeldBy(holderOf(stale))) {
        linked(stale, file);
      }
      rmSync(stale, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}
