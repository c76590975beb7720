/** The steps of `npm test`, each one run of nx. */
import { spawn } from 'node:child_process';
import { nx } from '../build.ts';
import type { Env } from '../../env-file.ts';
import { repositoryRoot } from '../../layout.ts';
import { endProcess, marked } from '../../processes/processes.ts';
import type { TestKind } from './test-results.ts';

export interface Step {
  readonly name: string;
  readonly targets: readonly string[];
  /** Whose results it writes. */
  readonly kinds: readonly TestKind[];
  readonly needsServers: boolean;
}

const patienceMs = 3_000;

/**
 * Lint and type check, each of the whole workspace at once, which costs a third of one by one: a program reads the
 * libraries once. As what another target depends on, nx starts them first; they take longest.
 */
const checks = ['static'];

const integration: Step = { name: 'integration tests', targets: ['test:int'], kinds: ['int'], needsServers: true };

/** By the value of --only. */
export const selections: Readonly<Record<string, readonly Step[]>> = {
  all: [
    // In one run of nx, so that no core is idle at the end of one kind.
    { name: 'lint, type check, unit tests', targets: [...checks, 'test:unit'], kinds: ['unit'], needsServers: false },
    integration,
  ],
  static: [{ name: 'lint, type check', targets: checks, kinds: [], needsServers: false }],
  unit: [{ name: 'unit tests', targets: ['test:unit'], kinds: ['unit'], needsServers: false }],
  int: [integration],
};

/** Resolves with whether all tasks of the step succeeded. */
export async function runStep(
  { targets, needsServers }: Step,
  runFolder: string,
  servers: Env,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  // Integration tests mostly wait: two projects at a time. The tests from outside are two at a time in themselves: most
  // of them have servers of their own, and none judges a speed.
  const child = spawn(nx, ['run-many', '-t', ...targets, ...(needsServers ? ['--parallel=2'] : [])], {
    cwd: repositoryRoot,
    // The mark lets the sweep find whatever of nx and jest outlives a signal.
    env: marked({ ...process.env, ...servers }, runFolder, 'tests-1'),
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const { pid } = child;
  // nx ends its tasks itself, given a moment; the sweep ends what is left.
  const end = () => pid !== undefined && void endProcess(pid, 'SIGTERM', patienceMs);
  signal.addEventListener('abort', end, { once: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
  return code === 0;
}
