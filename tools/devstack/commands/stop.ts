/** `npm stop`: stops the stack, wherever it was started, and whatever is left of it (see usage.mjs). */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LOCAL_FOLDER, STACK_ENV_FILE, stackFolder } from '../layout.ts';
import { release, runningOwner } from './one-at-a-time.ts';
import { isAlive, signalProcess } from '../processes/processes.ts';
import { reportTo } from '../terminal/progress.ts';
import { describeFailure, StackError } from '../terminal/stack-error.ts';
import { sweep } from '../processes/sweep.ts';
import { waitFor } from '../processes/wait-for.ts';

/** Longer than all waits of the supervisor together. */
const SUPERVISOR_WITHIN_MS = 150_000;

const START_SCRIPT = fileURLToPath(new URL('./start/start.ts', import.meta.url));
const report = reportTo((line) => console.log(line));

function parseArguments(argv: readonly string[]): { wipe: boolean } {
  try {
    return parseArgs({ args: [...argv], options: { wipe: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    throw new StackError((error as Error).message, 'see "npm stop -- --help"', { cause: error });
  }
}

async function endSupervisor(pid: number): Promise<void> {
  report('supervisor', `stopping (pid ${pid})`);
  signalProcess(pid, 'SIGTERM');
  if (!(await waitFor(() => !isAlive(pid), SUPERVISOR_WITHIN_MS))) {
    signalProcess(pid, 'SIGKILL');
  }
}

async function main(): Promise<void> {
  const { wipe } = parseArguments(process.argv.slice(2));
  const { run, data } = stackFolder(LOCAL_FOLDER);
  const supervisor = runningOwner(run, START_SCRIPT);
  if (supervisor !== undefined) {
    await endSupervisor(supervisor);
  }
  const leftovers = await sweep(run, report);
  rmSync(STACK_ENV_FILE, { force: true });
  release(run);
  if (wipe) {
    rmSync(data, { recursive: true, force: true });
  }
  const wasRunning = supervisor !== undefined || leftovers.length > 0;
  console.log(`${wasRunning ? 'stopped' : 'nothing was running'}${wipe ? ', data deleted' : ''}`);
}

try {
  await main();
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode = 1;
}
