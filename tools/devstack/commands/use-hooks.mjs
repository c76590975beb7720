/**
 * Points git at .githooks. Plain JavaScript for the machine's own Node: every npm script runs it through
 * bootstrap.mjs. Does nothing outside a repository of its own (a tarball, an image, a
 * folder inside another repository), and keeps a hooks folder that the developer chose.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const hooks = '.githooks';

/** @param {string} root folder of the checkout */
export function useHooks(root) {
  if (!existsSync(`${root}/.git`)) {
    return;
  }
  // Variables that git gives its hooks would point at another repository.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  const git = (...args) => spawnSync('git', ['config', '--local', ...args], { cwd: root, env, encoding: 'utf8' });
  const current = git('--get', 'core.hooksPath');
  // 1 = not set. Anything else (no git, a broken or foreign repository) must not stop an installation.
  if (current.status === 1) {
    git('core.hooksPath', hooks);
  }
}
