/** The services of a former version give way to these, writers first, and back in the reverse order, under load. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { REPOSITORY_ROOT } from '../../devstack/layout.ts';
import { readPositions } from '../../faults/proof/observation.ts';
import { Trial } from '../../faults/run/trial.ts';
import type { SystemUnderTest } from '../../faults/system/system.ts';
import { provideRelease } from '../parts/release.ts';
import { partitionOf } from '../proof/as-of.ts';
import { stopwatch, type Figure, type Outcome, type Scene } from './scene.ts';

const RESUME_WITHIN_MS = 120_000;
const MIXED_MS = 5_000;

type Kind = 'ingest' | 'writer' | 'query';

const releaseIn = (data: string): string => path.join(data, 'release');

export const upgrade: Scene = {
  what: 'the services of a former version are replaced under load: writer first, then ingest, and back in the reverse order',
  prepare: async ({ from }, { data }, report, signal) => {
    await provideRelease(from, releaseIn(data), report, signal);
    return { checkout: releaseIn(data) };
  },
  run: async (system, { rate }, seed) => {
    const trial = await Trial.begin({ system, seed, rate, resumeWithinMs: RESUME_WITHIN_MS });
    try {
      return await replaceAll(system, trial);
    } finally {
      await trial.end();
    }
  },
};

async function replaceAll(system: SystemUnderTest, trial: Trial): Promise<Outcome> {
  const { report } = system;
  const former = releaseIn(system.folder.data);
  const figures: Figure[] = [];
  const differences: string[] = [];
  const restarts = system.restarts();
  const step = async (name: string, work: () => Promise<void>): Promise<void> => {
    const longest = await longestStand(system, async () => {
      await work();
      // Both versions at work beside each other, or the new one alone.
      await sleep(MIXED_MS, undefined, { signal: system.signal });
    });
    const found = await trial.check();
    report(
      'upgrade',
      `${name}: ${found.length === 0 ? 'exact' : `${found.length} differences`}, longest stand ${longest.toFixed(1)} s`,
    );
    differences.push(...found.map((text) => `${name}: ${text}`));
    figures.push({ what: `${name}: longest stand`, value: longest, unit: 's' });
    trial.publisher.resume();
  };
  await trial.warmUp();
  await step('former version', async () => {});
  await step('schema migrated, former services', async () => {
    system.checkout = REPOSITORY_ROOT;
    await system.operator('db', ['migrate']);
    await system.operator('topics', ['create']);
  });
  const to =
    (root: string, ...kinds: Kind[]) =>
    async (): Promise<void> => {
      for (const name of kinds.flatMap((kind) => system.names(kind))) {
        await replace(system, name, root);
      }
    };
  // Earlier writers stop at blocks of a later payload, so they go first, and come back last.
  await step('writer new, ingest former', to(REPOSITORY_ROOT, 'writer'));
  await step('ingest and query new, too', to(REPOSITORY_ROOT, 'ingest', 'query'));
  await step('back: ingest and query former, writer new', to(former, 'ingest', 'query'));
  await step('back: all former', to(former, 'writer'));
  if (system.restarts() > restarts) {
    differences.push(`${system.restarts() - restarts} services ended by themselves`);
  }
  return { figures, differences, elements: trial.elements };
}

/** As a rolling update does: one goes, then its successor comes. */
async function replace(system: SystemUnderTest, name: string, root: string): Promise<void> {
  await system.holdDown([name], 'SIGTERM');
  system.runFrom(name, root);
  await system.startAgain([name]);
}

/** @returns the longest time, in seconds, that any partition stood still meanwhile */
async function longestStand(system: SystemUnderTest, work: () => Promise<void>): Promise<number> {
  const moved = new Map<string, { next: number; seconds: number }>();
  const clock = stopwatch();
  let longest = 0;
  let isOver = false;
  const watch = async (): Promise<void> => {
    while (!isOver) {
      for (const position of await readPositions(system.sql)) {
        const before = moved.get(partitionOf(position));
        if (before?.next !== position.nextOffset) {
          longest = Math.max(longest, before === undefined ? 0 : clock() - before.seconds);
          moved.set(partitionOf(position), { next: position.nextOffset, seconds: clock() });
        }
      }
      await sleep(200, undefined, { signal: system.signal });
    }
  };
  const watching = watch();
  try {
    await work();
  } finally {
    isOver = true;
    await watching;
  }
  return longest;
}
