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

/** Kills the writers at the moment of the cut: no process is left that could know the outcome. */
const killAtCommit =
  (at: CommitCut['at']) =>
  async (target: Target): Promise<void> => {
    const { system } = target;
    const killed: Promise<unknown>[] = [];
    await cutCommits(target, {
      at,
      times: 1,
      onCut: () => {
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
  };

export const LINK_FAULTS: readonly Fault[] = [
  {
    name: 'writer killed before commit',
    what: 'kill -9 of the writers when the rows are loaded and the commit is on its way: it never arrives',
    run: killAtCommit('request'),
  },
  {
    name: 'writer killed after commit',
    what: 'kill -9 of the writers when the database has committed, before they learn of it',
    run: killAtCommit('reply'),
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
