/** The link between the writers and the database: cuts at the commit, half-open and slow connections. */
import type { Fault, Target } from '../fault.ts';
import type { CommitCut } from '../../system/proxy.ts';

async function cutCommits({ system, hold }: Target, cut: CommitCut): Promise<void> {
  system.proxy.cutCommits(cut);
  try {
    await system.until(() => system.proxy.cutsLeft === 0, 20_000, 'flushes commit');
    await hold(200);
  } finally {
    system.proxy.stopCutting();
  }
}

/**
 * Kills the writers at the moment of the cut: no process is left that could know the outcome.
 *
 * @returns the message that was cut
 */
async function killAtCommit(target: Target, at: CommitCut['at']): Promise<string> {
  const { system } = target;
  const killed: Promise<unknown>[] = [];
  let message = '';
  await cutCommits(target, {
    at,
    times: 1,
    onCut: (text) => {
      message = text;
      for (const name of system.names('writer')) {
        try {
          process.kill(system.pidOf(name), 'SIGKILL');
        } catch {
          killed.push(system.kill(name, 'SIGKILL'));
        }
      }
    },
  });
  await Promise.all(killed);
  return message;
}

/** A commit is under way in the network while another writer takes its partition, loads the same rows and commits. */
async function commitLate(target: Target): Promise<void> {
  const { system, hold, note } = target;
  const message = await killAtCommit(target, 'late');
  const [, topic, partition, next] = /move_position\('([^']+)', (\d+), \d+, (\d+),/.exec(message) ?? [];
  const isTaken = async () => {
    const [position] = await system.sql<{ isPast: boolean }>(
      'SELECT next_offset >= $3 AS "isPast" FROM stream_positions WHERE source_topic = $1 AND source_partition = $2',
      [topic, partition, next],
    );
    return position?.isPast === true;
  };
  try {
    await system.until(isTaken, 40_000, `another writer has moved ${topic}/${partition} to ${next}`);
  } finally {
    system.proxy.resume();
  }
  note(`the commit of ${topic}/${partition} up to ${next} came after that of another writer`);
  await hold(500);
}

export const LINK_FAULTS: readonly Fault[] = [
  {
    name: 'writer killed before commit',
    what: 'kill -9 of the writers when the rows are loaded and the commit is on its way: it never arrives',
    run: async (target) => void (await killAtCommit(target, 'request')),
  },
  {
    name: 'writer killed after commit',
    what: 'kill -9 of the writers when the database has committed, before they learn of it',
    run: async (target) => void (await killAtCommit(target, 'reply')),
  },
  {
    name: 'commit late',
    what: 'kill -9 of the writers while their commit is held up; it arrives when another writer has committed the same rows',
    run: commitLate,
  },
  {
    name: 'commit request lost',
    what: 'the connection is cut before the commit arrives, several times',
    run: (target) => cutCommits(target, { at: 'request', times: 4 }),
  },
  {
    name: 'commit reply lost',
    what: 'the database commits, and the connection is cut before the writer learns of it, several times',
    run: (target) => cutCommits(target, { at: 'reply', times: 4 }),
  },
  {
    name: 'connections cut',
    what: 'all connections to the database are reset',
    run: async ({ system, hold }) => {
      for (let i = 0; i < 3; i += 1) {
        system.proxy.cutAll();
        await hold(700);
      }
    },
  },
  {
    name: 'link stalled',
    what: 'nothing passes between writers and database for a while, then everything does',
    run: async ({ system, hold, random }) => {
      system.proxy.stall('all');
      try {
        await hold(random.integer(5_000, 15_000));
      } finally {
        system.proxy.resume();
      }
    },
  },
  {
    name: 'link half-open',
    what: 'connections are dead without notice; new ones work',
    run: async ({ system, hold }) => {
      system.proxy.stall('existing');
      try {
        await hold(20_000);
      } finally {
        system.proxy.cutAll();
        system.proxy.resume();
      }
    },
  },
  {
    name: 'link slow',
    what: '50 kB/s and 100 ms between writers and database',
    run: async ({ system, hold }) => {
      system.proxy.throttle = { bytesPerSecond: 50_000, delayMs: 100 };
      try {
        await hold(12_000);
      } finally {
        system.proxy.throttle = undefined;
      }
    },
  },
];
