/** The steps of `npm test`, each one run of nx. */
import { spawn } from 'node:child_process';
import { NX } from '../build.ts';
import type { Env } from '../../env-file.ts';
import { REPOSITORY_ROOT } from '../../layout.ts';
import { endProcess, marked } from '../../processes/processes.ts';
import type { TestKind } from './test-results.ts';

export interface Step {
  readonly name: string;
  readonly targets: readonly string[];
  /** The kinds of results that the step writes. */
  readonly kinds: readonly TestKind[];
  readonly needsServers: boolean;
}

const PATIENCE_MS = 3_000;

/**
 * Lint and type check, each for the whole workspace at once at a third of the cost of one by one: a program reads the
 * libraries once. nx starts them first because another target depends on them; they take longest.
 */
const checks = ['static'];

/**
 * The tests that take minutes, among them those of the generators, and those that wait most: started last, they would
 * leave the cores idle at the end. nx starts them first for the same reason as the checks; the page, which takes longest of
 * all, before the others because two targets depend on it.
 */
const longest = ['page-first', 'longest'];

/** Runs while the servers start; the integration tests wait for it. */
const build: Step = { name: 'build', targets: ['build'], kinds: [], needsServers: false };

/** Steps by the value of --only. */
export const selections: Readonly<Record<string, readonly Step[]>> = {
  all: [
    build,
    // In one run of nx: integration tests mostly wait and leave the cores to computation.
    {
      name: 'lint, type check, unit and integration tests',
      targets: [...checks, ...longest, 'test:unit', 'test:int'],
      kinds: ['unit', 'int'],
      needsServers: true,
    },
  ],
  static: [{ name: 'lint, type check', targets: checks, kinds: [], needsServers: false }],
  unit: [{ name: 'unit tests', targets: ['test:unit'], kinds: ['unit'], needsServers: false }],
  int: [build, { name: 'integration tests', targets: [...longest, 'test:int'], kinds: ['int'], needsServers: true }],
};

/** Resolves with whether all tasks of the step succeeded. */
export async function runStep(
  { targets, needsServers }: Step,
  runFolder: string,
  servers: Env,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  // Integration tests mostly wait, and none judges speed: three projects more at a time than there are cores.
  const child = spawn(NX, ['run-many', '-t', ...targets, ...(needsServers ? ['--parallel=5'] : [])], {
    cwd: REPOSITORY_ROOT,
    // The mark lets the sweep find processes of nx and jest that outlive a signal.
    env: marked({ ...process.env, ...servers, CHIP_BROKERS_END_SOON: '1' }, runFolder, 'tests-1'),
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const { pid } = child;
  // Given a moment, nx ends its own tasks; the sweep ends what is left.
  const end = () => pid !== undefined && void endProcess(pid, 'SIGTERM', PATIENCE_MS);
  signal.addEventListener('abort', end, { once: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
  return code === 0;
}
