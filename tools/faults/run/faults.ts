/**
 * `npm run faults`: injects faults into its own running system and checks what is left (see usage.mjs of the stack).
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { runMain } from '../../devstack/processes/run-main.ts';
import { LOCAL_FOLDER, stackFolder } from '../../devstack/layout.ts';
import { release, soleOwner } from '../../devstack/commands/one-at-a-time.ts';
import { forgetGivenServers } from '../../devstack/servers/given-servers.ts';
import { reportTo } from '../../devstack/terminal/progress.ts';
import type { Fault } from '../catalogue/fault.ts';
import { compileControl, type Control } from './controls.ts';
import { failOver } from './failover.ts';
import { parseOptions, type Options } from './options.ts';
import { keepSummingUp } from '../proof/summaries.ts';
import { schedule } from './schedule.ts';
import { withAdmin } from '../system/clients.ts';
import { onFreshSystem } from '../system/fresh-system.ts';
import { instances, type SystemUnderTest } from '../system/system.ts';
import { Trial } from './trial.ts';

const SCRIPT = fileURLToPath(import.meta.url);
const report = reportTo((line) => console.log(line));
/** Faults between two checks. */
const FAULTS_PER_PHASE = 6;
/** A control that the checker has not refused by then is a failure of the suite. */
const CONTROL_WITHIN_MS = 120_000;
/** A broken writer may leave a partition stopped permanently; a sound system has caught up by then. */
const CONTROL_REST_WITHIN_MS = 30_000;

async function runTrial(system: SystemUnderTest, options: Options): Promise<Trial> {
  const { seed, faults, minutes, rate, resumeWithinMs } = options;
  const trial = await Trial.begin({ system, seed, rate, resumeWithinMs });
  const deadline = minutes === undefined ? Infinity : performance.now() + minutes * 60_000;
  const most = minutes === undefined ? faults.length : Infinity;
  const ended = new AbortController();
  const summing = keepSummingUp(system.sql, ended.signal);
  try {
    await trial.warmUp();
    let number = 0;
    let isChecked = false;
    for (const fault of schedule(seed, faults)) {
      if (number >= most || performance.now() > deadline) {
        break;
      }
      number += 1;
      isChecked = false;
      report(`fault ${number}`, `${fault.name}: ${fault.what}`);
      const { heldMs, resumedMs } = await trial.inject(fault, number);
      const resumed = resumedMs === undefined ? 'NOT RESUMED' : `resumed after ${inSeconds(resumedMs)}`;
      report(`fault ${number}`, `over after ${inSeconds(heldMs)}, ${resumed}`);
      if (resumedMs === undefined || (number % FAULTS_PER_PHASE === 0 && number < most)) {
        if (!(await checkNow(trial))) {
          return trial;
        }
        trial.publisher.resume();
        isChecked = true;
      }
    }
    if (!isChecked) {
      await checkNow(trial);
    }
    return trial;
  } finally {
    ended.abort();
    await summing;
    await trial.end();
  }
}

async function runFailover(system: SystemUnderTest, { seed, rate, resumeWithinMs }: Options): Promise<Trial> {
  const trial = await Trial.begin({ system, seed, rate, resumeWithinMs });
  try {
    await trial.warmUp();
    const { lost, wholeAfterMs } = await failOver(system, trial);
    report('failover', `${lost} records applied again after ${inSeconds(wholeAfterMs)}, without new events`);
    if (await checkNow(trial)) {
      // And it goes on from there.
      trial.publisher.resume();
      await sleep(5_000, undefined, { signal: system.signal });
      await checkNow(trial);
    }
    return trial;
  } finally {
    await trial.end();
  }
}

/** Resolves with whether the checker noticed the defect. */
async function runControl(
  system: SystemUnderTest,
  control: Control,
  { seed, rate, resumeWithinMs }: Options,
): Promise<boolean> {
  const patience = { patienceMs: control.patienceMs ?? 0, withinMs: CONTROL_REST_WITHIN_MS };
  await control.spoil?.(system);
  // A broken writer may lose events in any rebalance; that of the start is none of its faults.
  await withAdmin(system.brokers, (admin) =>
    system.until(
      () => system.membership.isShared(admin, instances.writer),
      60_000,
      'every group has shared its partitions',
    ),
  );
  const trial = await Trial.begin({ system, seed, rate, resumeWithinMs });
  try {
    await trial.warmUp();
    // A control that is refused without any fault would only show that it does not work at all.
    if (!(await checkNow(trial, patience))) {
      throw new Error(`the control ${control.name} is not even exact without faults`);
    }
    const began = performance.now();
    for (let number = 1; performance.now() - began < CONTROL_WITHIN_MS; number += 1) {
      trial.publisher.resume();
      const fault = control.faults[(number - 1) % control.faults.length] as Fault;
      report(`fault ${number}`, fault.name);
      await trial.inject(fault, number);
      if (!(await checkNow(trial, patience))) {
        report('control', `${control.name} refused after ${inSeconds(performance.now() - began)}: ${control.what}`);
        return true;
      }
    }
    report('control', `${control.name} was NOT noticed within ${inSeconds(CONTROL_WITHIN_MS)}: ${control.what}`);
    return false;
  } finally {
    await trial.end();
  }
}

async function checkNow(trial: Trial, patience: Parameters<Trial['check']>[0] = {}): Promise<boolean> {
  report('check', 'bringing the system to rest');
  const found = await trial.check(patience);
  report(
    'check',
    `${trial.elements} acknowledged elements, ${trial.letters} dead letters: ${found.length === 0 ? 'exact' : 'DIFFERENT'}`,
  );
  report('check', trial.footprints());
  for (const text of found) {
    report('check', text);
  }
  return trial.differences.length === 0;
}

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function summarise(trial: Trial, seed: string, folder: string): void {
  const slowest = Math.max(0, ...trial.outcomes.map(({ resumedMs }) => resumedMs ?? Infinity));
  const isExact = trial.differences.length === 0;
  console.log(
    `\nseed ${seed}: ${trial.outcomes.length} faults, ${trial.checks} checks, ${trial.elements} acknowledged elements`,
  );
  console.log(
    `dead letters ${trial.letters}, of them ${trial.rejected} that a fault caused; slowest recovery ${inSeconds(slowest)}`,
  );
  console.log(
    isExact
      ? `0 lost, 0 duplicated; upper bound of either (95 %, rule of three): ${(3 / trial.elements).toExponential(1)} per element`
      : `${trial.differences.length} differences, the first: ${trial.differences[0]}`,
  );
  for (const { name, notes } of trial.outcomes) {
    notes.forEach((text) => console.log(`${name}: ${text}`));
  }
  const summary = {
    seed,
    elements: trial.elements,
    letters: trial.letters,
    rejected: trial.rejected,
    checks: trial.checks,
    outcomes: trial.outcomes,
    differences: trial.differences,
  };
  const file = path.join(folder, `report-${seed}.json`);
  writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`);
  console.log(`report: ${file}`);
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    return 0;
  }
  // This command kills servers and damages data: never those of others.
  forgetGivenServers();
  const home = path.join(LOCAL_FOLDER, 'faults');
  const folder = stackFolder(home);
  const signal = soleOwner(folder.run, SCRIPT, '"npm run faults"');
  try {
    report('seed', options.seed);
    const usual = { home, report, signal, brokers: options.brokers };
    if (options.controls.length === 0) {
      return await onFreshSystem(usual, async (system) => {
        const trial = await (options.isFailover ? runFailover : runTrial)(system, options);
        summarise(trial, options.seed, home);
        return trial.differences.length === 0 ? 0 : 1;
      });
    }
    let unnoticed = 0;
    for (const control of options.controls) {
      unnoticed += await onFreshSystem(
        usual,
        async (system) => ((await runControl(system, control, options)) ? 0 : 1),
        async ({ data }) =>
          control.writer ? { writerScript: await compileControl(control.writer, data, signal) } : {},
      );
    }
    return unnoticed === 0 ? 0 : 1;
  } finally {
    release(folder.run);
  }
}

await runMain(main);
