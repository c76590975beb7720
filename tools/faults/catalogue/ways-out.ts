/** What an operator does about each state of a stopped partition, with the commands of the runbooks. */
import type { ObservedPartition } from '../proof/observation.ts';
import { withGroupsDown } from './groups.ts';
import type { Target } from './fault.ts';
import { positionsNow } from './progress.ts';

/** A partition that cannot go on must report that within this time. */
const NAMED_WITHIN_MS = 30_000;
const OUT_WITHIN_MS = 90_000;

/** These are transient. */
const PASSING = ['running', 'waiting_for_database'];

/**
 * Waits until each partition with waiting events has moved or reports why it does not; then takes the ways out until
 * all run. Objects to a partition that does neither in time.
 *
 * @param before positions at the moment from which every partition must move
 * @returns the states that were seen
 */
export async function movesOrSaysWhy(
  target: Target,
  before: ReadonlyMap<string, ObservedPartition>,
): Promise<ReadonlySet<string>> {
  const { system, publisher, object, note } = target;
  const seen = new Set<string>();
  const hasMoved = new Set<string>();
  const look = async (): Promise<string[]> => {
    const silent: string[] = [];
    for (const [key, { nextOffset, state }] of await positionsNow(target)) {
      if (!PASSING.includes(state)) {
        seen.add(state);
      }
      const former = before.get(key)?.nextOffset;
      if (nextOffset !== former) {
        hasMoved.add(key);
      }
      const waits = nextOffset !== (publisher.ends.get(key) ?? nextOffset);
      if (waits && !hasMoved.has(key) && PASSING.includes(state)) {
        silent.push(`${key} stays at ${nextOffset} and reports "${state}"`);
      }
    }
    return silent;
  };
  // New events must arrive first, or nothing could be noticed.
  await system.until(
    () => [...publisher.ends].every(([key, end]) => end !== before.get(key)?.nextOffset),
    20_000,
    'every partition has new events',
  );
  let silent: string[] = [];
  await system.until(async () => (silent = await look()).length === 0, NAMED_WITHIN_MS, '').catch(() => {});
  silent.forEach((text) => object(`${text}, ${NAMED_WITHIN_MS / 1000} s after the fault`));
  await takeWaysOut(target, seen);
  note(seen.size === 0 ? 'every partition went on by itself' : `states: ${[...seen].sort().join(', ')}`);
  return seen;
}

/** Does what the runbooks say until every partition runs. */
export async function takeWaysOut(target: Target, seen: Set<string> = new Set()): Promise<void> {
  const { system, object } = target;
  const deadline = performance.now() + OUT_WITHIN_MS;
  for (;;) {
    const stopped = [...(await positionsNow(target)).values()].filter(({ state }) => !PASSING.includes(state));
    stopped.forEach(({ state }) => seen.add(state));
    if (stopped.length === 0) {
      return;
    }
    if (performance.now() > deadline) {
      stopped.forEach(({ topic, partition, state }) => object(`${topic}/${partition} is still "${state}"`));
      return;
    }
    const gaps = stopped.filter(({ state }) => state === 'gap');
    const others = stopped.filter(({ state }) => state !== 'gap');
    for (const { topic, partition, state } of others) {
      await decide(target, [state === 'recreated' ? 'accept-recreated' : 'resume', topic, String(partition)]);
    }
    if (gaps.length > 0) {
      await withGroupsDown(target, 'ingest', async () => {
        for (const { topic, partition, nextOffset } of gaps) {
          await decide(target, ['rewind-ingest', topic, String(partition), '--to', String(nextOffset)]);
        }
      });
      // The blocks must arrive before a second look may call it a gap again.
      await system.until(async () => !(await hasGap(target)), 40_000, 'the gaps are closed').catch(() => {});
    }
    await target.hold(1_000);
  }
}

async function hasGap(target: Target): Promise<boolean> {
  return [...(await positionsNow(target)).values()].some(({ state }) => state === 'gap');
}

/** The command refuses a decision that is no longer due when it arrives; the next look shows that. */
async function decide({ system }: Target, command: readonly string[]): Promise<void> {
  await system
    .operator('positions', [...command, '--reason', 'decided by a fault', '--yes'])
    .catch((error: unknown) => system.report('positions', `${command.join(' ')}: ${(error as Error).message}`));
}
