/**
 * `npm run drill`: an accident on its own running system, the recovery from it by the documented commands, and what
 * both cost (see usage.mjs of the stack).
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runMain } from '../../devstack/processes/run-main.ts';
import { LOCAL_FOLDER, stackFolder } from '../../devstack/layout.ts';
import { release, soleOwner } from '../../devstack/commands/one-at-a-time.ts';
import { forgetGivenServers } from '../../devstack/servers/given-servers.ts';
import { reportTo } from '../../devstack/terminal/progress.ts';
import { onFreshSystem } from '../../faults/system/fresh-system.ts';
import { failover } from '../scenes/failover.ts';
import { lostKafka } from '../scenes/lost-kafka.ts';
import { pitr } from '../scenes/pitr.ts';
import { replica } from '../scenes/replica.ts';
import { retention } from '../scenes/retention.ts';
import { upgrade } from '../scenes/upgrade.ts';
import type { Outcome, Scene } from '../scenes/scene.ts';
import { formatFigures } from './figures.ts';
import { parseOptions } from './options.ts';

const SCRIPT = fileURLToPath(import.meta.url);
const HOME = path.join(LOCAL_FOLDER, 'drill');
const report = reportTo((line) => console.log(line));

const SCENES: Readonly<Record<string, Scene>> = {
  pitr,
  failover,
  'lost-kafka': lostKafka,
  upgrade,
  retention,
  replica,
};

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), Object.keys(SCENES));
  const scene = SCENES[options.scene] as Scene;
  // This command kills servers and damages data: never those of others.
  forgetGivenServers();
  const { run } = stackFolder(HOME);
  const signal = soleOwner(run, SCRIPT, '"npm run drill"');
  const outcomes: Outcome[] = [];
  try {
    report('drill', `${options.scene}: ${scene.what}`);
    for (let number = 1; number <= options.times; number += 1) {
      const seed = options.times === 1 ? options.seed : `${options.seed}-${number}`;
      report('drill', `run ${number} of ${options.times}, seed ${seed}`);
      const outcome = await onFreshSystem(
        { home: HOME, report, signal },
        (system) => scene.run(system, options, seed),
        async (folder) => scene.prepare?.(options, folder, report, signal),
      );
      outcomes.push(outcome);
      outcome.differences.slice(0, 20).forEach((text) => report('difference', text));
      report(
        'drill',
        outcome.differences.length === 0
          ? `exact: ${outcome.elements} acknowledged elements`
          : `NOT exact: ${outcome.differences.length} differences in ${outcome.elements} acknowledged elements`,
      );
    }
  } finally {
    release(run);
  }
  console.log(`\n${formatFigures(outcomes)}`);
  const file = path.join(HOME, `report-${options.scene}-${options.seed}.json`);
  writeFileSync(file, `${JSON.stringify({ ...options, outcomes }, null, 2)}\n`);
  console.log(`report: ${file}`);
  return outcomes.every(({ differences }) => differences.length === 0) ? 0 : 1;
}

await runMain(main);
