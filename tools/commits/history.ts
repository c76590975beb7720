import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

export interface Commit {
  readonly id: string;
  readonly text: string;
}

/** The types of config-conventional. */
const CONVENTIONAL = /^(build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(\([^()]+\))?!?: /;

/**
 * The commits that HEAD reaches, oldest first. A shallow clone has only those that were fetched.
 *
 * @returns undefined if there is no repository: in a tarball or an image
 */
export function readHistory(root: string): readonly Commit[] | undefined {
  if (!existsSync(path.join(root, '.git'))) {
    return undefined;
  }
  // A checkout in a container often belongs to another user; reading its log executes nothing from it.
  const args = ['-c', 'safe.directory=*', 'log', '--reverse', '--topo-order', '-z', '--format=%H%n%B'];
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status !== 0) {
    throw new Error(`git log failed: ${error?.message ?? stderr.trim()}`);
  }
  return stdout
    .split('\0')
    .filter(Boolean)
    .map((entry) => {
      const end = entry.indexOf('\n');
      return { id: entry.slice(0, end), text: entry.slice(end + 1) };
    });
}

/** The first conventional commit and all that follow it: from that commit on, the form is a promise. */
export function sinceFirstConventional(history: readonly Commit[]): readonly Commit[] {
  const first = history.findIndex(({ text }) => CONVENTIONAL.test(text));
  return first === -1 ? [] : history.slice(first);
}
