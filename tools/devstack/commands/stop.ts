/** `npm stop`: ends the stack, wherever it was started and whatever is left of it (see usage.mjs). */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { localFolder, stackEnvFile, stackFolder } from '../layout.ts';
import { release, runningOwner } from './one-at-a-time.ts';
import { isAlive } from '../processes/processes.ts';
import { reportTo } from '../terminal/progress.ts';
import { describeFailure, StackError } from '../terminal/stack-error.ts';
import { sweep } from '../processes/sweep.ts';
import { waitFor } from '../processes/wait-for.ts';

/** Longer than all that the supervisor waits for. */
const supervisorWithinMs = 150_000;

const startScript = fileURLToPath(new URL('./start.ts', import.meta.url));
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
  process.kill(pid, 'SIGTERM');
  if (!(await waitFor(() => !isAlive(pid), supervisorWithinMs))) {
    process.kill(pid, 'SIGKILL');
  }
}

async function main(): Promise<void> {
  const { wipe } = parseArguments(process.argv.slice(2));
  const { run, data } = stackFolder(localFolder);
  const supervisor = runningOwner(run, startScript);
  if (supervisor !== undefined) {
    await endSupervisor(supervisor);
  }
  const leftovers = await sweep(run, report);
  rmSync(stackEnvFile, { force: true });
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
