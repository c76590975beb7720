import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { REPOSITORY_ROOT } from '../../layout.ts';
import { NX } from '../build.ts';

/**
 * Runs the integration tests on servers of another kind than those of `npm test`.
 *
 * @param options for nx: which projects
 * @returns whether all passed
 */
export async function suitesPass(
  env: NodeJS.ProcessEnv,
  options: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  // What the cache knows was run on the usual servers.
  const tests = spawn(NX, ['run-many', '-t', 'test:int', '--skip-nx-cache', '--parallel=3', ...options], {
    cwd: REPOSITORY_ROOT,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  signal.addEventListener('abort', () => tests.kill('SIGTERM'), { once: true });
  const [code] = (await once(tests, 'exit')) as [number | null];
  return code === 0;
}
