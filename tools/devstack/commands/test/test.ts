/** `npm test`: everything that proves the workspace, on its own servers (see usage.mjs). */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkDiskSpace, SPACE_FOR_SERVERS } from '../../servers/disk-space.ts';
import type { Env } from '../../env-file.ts';
import { LOCAL_FOLDER, stackFolder, type StackFolder } from '../../layout.ts';
import { release, soleOwner } from '../one-at-a-time.ts';
import { PortPicker, portsAnywhere } from '../../processes/ports.ts';
import { runMain } from '../../processes/run-main.ts';
import { reportTo } from '../../terminal/progress.ts';
import { startServers } from '../../servers/provision.ts';
import { describeFailure, StackError } from '../../terminal/stack-error.ts';
import { sweep } from '../../processes/sweep.ts';
import { deleteTestFolder, newTestFolder } from './test-folder.ts';
import { forgetResults, noTests, readResults, sumUp, type Outcome } from './test-results.ts';
import { runStep, selections, type Step } from './test-steps.ts';

const SCRIPT = fileURLToPath(import.meta.url);
const report = reportTo((line) => console.log(line));

interface StepOutcome extends Outcome {
  readonly name: string;
  readonly seconds: number;
}

function selectSteps(argv: readonly string[]): readonly Step[] {
  try {
    const { values } = parseArgs({ args: [...argv], options: { only: { type: 'string', default: 'all' } } });
    const steps = selections[values.only];
    if (steps) {
      return steps;
    }
    throw new TypeError(`--only ${values.only} is unknown`);
  } catch (error) {
    throw new StackError((error as Error).message, 'see "npm test -- --help"', { cause: error });
  }
}

async function startTestServers(folder: StackFolder, signal: AbortSignal): Promise<Env> {
  await checkDiskSpace(LOCAL_FOLDER, SPACE_FOR_SERVERS);
  const ports = new PortPicker(report);
  const firstPorts = portsAnywhere();
  const { env } = await startServers({ folder, ports, firstPorts, isDurable: false, report, signal });
  return env;
}

async function runSteps(steps: readonly Step[], folder: StackFolder, signal: AbortSignal): Promise<StepOutcome[]> {
  // The servers start during the first step; the step that needs them reports their failure.
  const servers = steps.some(({ needsServers }) => needsServers) ? startTestServers(folder, signal) : undefined;
  servers?.catch(() => {});
  const outcomes: StepOutcome[] = [];
  for (const step of steps) {
    console.log(`\n== ${step.name}`);
    const began = performance.now();
    const outcome = await runStepOn(step, folder, servers, signal);
    outcomes.push({ ...outcome, name: step.name, seconds: (performance.now() - began) / 1000 });
  }
  return outcomes;
}

async function runStepOn(
  step: Step,
  folder: StackFolder,
  servers: Promise<Env> | undefined,
  signal: AbortSignal,
): Promise<Outcome> {
  forgetResults(step.kinds);
  try {
    const isOk = await runStep(step, folder.run, (step.needsServers && (await servers)) || {}, signal);
    return { isOk, counts: readResults(step.kinds) };
  } catch (error) {
    signal.throwIfAborted();
    console.error(describeFailure(error));
    return { isOk: false, counts: noTests };
  }
}

/** Prints the last line for machines: how many tests passed, how many failed. */
function printSummary(outcomes: readonly StepOutcome[]): boolean {
  console.log('');
  for (const { name, seconds, isOk } of outcomes) {
    console.log(`${seconds.toFixed(1).padStart(7)} s  ${isOk ? 'ok    ' : 'FAILED'}  ${name}`);
  }
  const { passed, failed } = sumUp(outcomes);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

async function main(): Promise<number> {
  const steps = selectSteps(process.argv.slice(2));
  const home = path.join(LOCAL_FOLDER, 'test');
  const { run } = stackFolder(home);
  const signal = soleOwner(run, SCRIPT, '"npm test"');
  // Test data is useless afterwards; a crashed run may have left some.
  const cleanUp = async () => {
    await sweep(run, report);
    deleteTestFolder(home);
  };
  let outcomes: StepOutcome[];
  try {
    await cleanUp();
    outcomes = await runSteps(steps, newTestFolder(home), signal);
  } finally {
    await cleanUp();
    release(run);
  }
  return printSummary(outcomes) ? 0 : 1;
}

await runMain(main);
