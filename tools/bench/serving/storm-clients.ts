/**
 * Process of a storm: so many clients, each of which asks its next question as soon as it has an answer, whatever the answer
 * is. They stand for other machines, so they take only what CPU time is left.
 */
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

export interface StormOrder {
  readonly statistics: readonly string[];
  readonly exports: readonly string[];
  readonly clients: number;
}
/** Number of answers by status; 0 = none came. */
export type StormCounts = Record<number, number>;

/** A client that is told "try again" at once tries again soon, not at once. */
const REFUSED_PAUSE_MS = 100;
const LOWEST_PRIORITY = 19;

const counts: StormCounts = {};

async function ask(url: string): Promise<number> {
  try {
    const response = await fetch(url);
    for await (const piece of response.body ?? []) {
      void piece;
    }
    return response.status;
  } catch {
    return 0;
  }
}

async function client(number: number, { statistics, exports }: StormOrder): Promise<never> {
  // One in four exports.
  const urls = number % 4 === 3 ? exports : statistics;
  for (let nth = number; ; nth += 1) {
    const status = await ask(urls[nth % urls.length] as string);
    counts[status] = (counts[status] ?? 0) + 1;
    if (status === 200 && counts[200] === 1) {
      process.send?.('begun');
    }
    if (status !== 200) {
      await sleep(REFUSED_PAUSE_MS);
    }
  }
}

setPriority(LOWEST_PRIORITY);
// The first message begins the storm, any other asks for the counts.
process.once('message', (order: StormOrder) => {
  process.on('message', () => process.send?.(counts));
  for (let number = 0; number < order.clients; number += 1) {
    void client(number, order);
  }
});
process.once('disconnect', () => process.exit());
