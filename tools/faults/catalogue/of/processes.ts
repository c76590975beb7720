/** Services that die, freeze, stall or leave. */
import { copyUnderWay } from '../copy-under-way.ts';
import type { Fault, Target } from '../fault.ts';
import { positionsNow } from '../progress.ts';

/** Longer than the 10 s after which the group gives the partitions of a silent member to others. */
const BEYOND_SESSION_MS = 14_000;

async function freeze({ system, hold }: Target, name: string, ms: number): Promise<void> {
  const pid = await system.kill(name, 'SIGSTOP');
  try {
    await hold(ms);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** Blocks the event loop from inside, like a long computation: sockets stay open, but nothing is read or sent. */
async function stallEventLoop({ system, hold }: Target, name: string, ms: number): Promise<void> {
  const before = system.logOf(name).length;
  await system.kill(name, 'SIGUSR1');
  const address = () => /Debugger listening on (ws:\S+)/.exec(system.logOf(name).slice(before))?.[1];
  await system.until(() => address() !== undefined, 5_000, `${name} opens its debugger`);
  const socket = new WebSocket(address() as string);
  try {
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', () => reject(new Error(`the debugger of ${name} refuses`)), { once: true });
    });
    // The debugger closes by itself, or the next stall would find its port in use.
    const expression = `{ const end = performance.now() + ${ms}; while (performance.now() < end); process.getBuiltinModule('node:inspector').close(); }`;
    socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }));
    await hold(ms);
  } finally {
    socket.close();
  }
}

/** Longest time that a partition with waiting events may stall while services are replaced one by one. */
const LONGEST_STAND_MS = 12_000;

/** Replaces every ingest and every writer in turn, as a deployment does, and measures how long partitions stall. */
async function rollServices(target: Target): Promise<void> {
  const { system, publisher, note, object } = target;
  const stands = new Map<string, { next: number; since: number }>();
  let longest = { ms: 0, partition: '' };
  let isOver = false;
  const watch = async (): Promise<void> => {
    while (!isOver) {
      for (const [key, { nextOffset }] of await positionsNow(target)) {
        const now = performance.now();
        const stand = stands.get(key);
        if (stand === undefined || stand.next !== nextOffset || nextOffset >= (publisher.ends.get(key) ?? 0)) {
          stands.set(key, { next: nextOffset, since: now });
        } else if (now - stand.since > longest.ms) {
          longest = { ms: now - stand.since, partition: key };
        }
      }
      await target.hold(100);
    }
  };
  const watching = watch();
  try {
    for (const name of [...system.names('ingest'), ...system.names('writer')]) {
      await system.holdDown([name], 'SIGTERM');
      await system.startAgain([name]);
      await target.hold(5_000);
    }
    await target.hold(LONGEST_STAND_MS);
  } finally {
    isOver = true;
    await watching;
  }
  note(`no partition stalled longer than ${(longest.ms / 1000).toFixed(1)} s (${longest.partition})`);
  if (longest.ms > LONGEST_STAND_MS) {
    object(
      `${longest.partition} stalled for ${(longest.ms / 1000).toFixed(1)} s, more than ${LONGEST_STAND_MS / 1000} s`,
    );
  }
}

const pickWriter = ({ system, random }: Target): string => random.pick(system.names('writer'));
const pickIngest = ({ system, random }: Target): string => random.pick(system.names('ingest'));

async function killRepeatedly(target: Target, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    await target.hold(target.random.integer(200, 2_500));
    await target.system.kill(pickWriter(target), 'SIGKILL');
  }
}

export const PROCESS_FAULTS: readonly Fault[] = [
  {
    name: 'writer killed',
    what: 'kill -9 of a writer at a random moment',
    run: async (target) => {
      await target.hold(target.random.integer(100, 1_500));
      await target.system.kill(pickWriter(target), 'SIGKILL');
    },
  },
  {
    name: 'writer killed 8 times',
    what: 'kill -9 of a random writer, repeatedly',
    run: (target) => killRepeatedly(target, 8),
  },
  {
    name: 'writer killed 100 times',
    what: 'the same for several minutes',
    isLong: true,
    run: (target) => killRepeatedly(target, 100),
  },
  {
    name: 'all writers killed',
    what: 'kill -9 of every writer at once',
    run: async ({ system, hold, random }) => {
      await hold(random.integer(700, 2_500));
      await Promise.all(system.names('writer').map((name) => system.kill(name, 'SIGKILL')));
    },
  },
  {
    name: 'writer frozen briefly',
    what: 'SIGSTOP of a writer within the session timeout, SIGCONT',
    run: (target) => freeze(target, pickWriter(target), target.random.integer(2_000, 5_000)),
  },
  {
    name: 'writer frozen beyond session',
    what: 'SIGSTOP of a writer until its partitions have another owner, SIGCONT',
    run: (target) => freeze(target, pickWriter(target), BEYOND_SESSION_MS),
  },
  {
    name: 'writer frozen in COPY',
    what: 'SIGSTOP of a writer in the middle of a COPY, until its partitions have another owner',
    run: async (target) => {
      const { system, hold } = target;
      system.proxy.throttle = { bytesPerSecond: 60_000, delayMs: 0 };
      try {
        await copyUnderWay(target);
        const owner = await system.sql<{ owner: string }>(
          `SELECT p.owner FROM stream_positions p JOIN pg_stat_activity a ON a.pid = p.backend_pid AND a.backend_start = p.backend_started_at
           WHERE a.query LIKE 'COPY %' AND a.state = 'active' LIMIT 1`,
        );
        const name = /^(writer-\d+)@/.exec(owner[0]?.owner ?? '')?.[1] ?? pickWriter(target);
        const pid = await system.kill(name, 'SIGSTOP');
        system.proxy.throttle = undefined;
        try {
          await hold(BEYOND_SESSION_MS);
        } finally {
          process.kill(pid, 'SIGCONT');
        }
      } finally {
        system.proxy.throttle = undefined;
      }
    },
  },
  {
    name: 'writer event loop stalled',
    what: 'a writer computes for longer than the session timeout',
    run: (target) => stallEventLoop(target, pickWriter(target), BEYOND_SESSION_MS),
  },
  {
    name: 'writer terminated',
    what: 'SIGTERM of a writer under load: it drains and leaves',
    run: async (target) => {
      await target.system.kill(pickWriter(target), 'SIGTERM');
      await target.hold(1_000);
    },
  },
  {
    name: 'writer terminated while starting',
    what: 'SIGTERM during start-up, and a second one while it ends',
    run: async (target) => {
      const name = pickWriter(target);
      const killed = await target.system.kill(name, 'SIGKILL');
      const { system } = target;
      await system.until(() => isAnother(system, name, killed), 10_000, `${name} is started again`);
      await target.hold(target.random.integer(50, 1_500));
      await system.kill(name, 'SIGTERM');
      await system.kill(name, 'SIGTERM').catch(() => undefined);
    },
  },
  {
    name: 'rebalance storm',
    what: 'writers join and leave every two seconds, some by kill -9',
    run: async ({ system, hold, random }) => {
      for (let i = 0; i < 5; i += 1) {
        await system.withExtraWriter(() => hold(2_000), random.pick(['SIGTERM', 'SIGKILL']));
      }
    },
  },
  {
    name: 'ingest killed',
    what: 'kill -9 of an ingest at a random moment',
    run: async (target) => {
      await target.hold(target.random.integer(100, 1_500));
      await target.system.kill(pickIngest(target), 'SIGKILL');
    },
  },
  {
    name: 'all ingests killed',
    what: 'kill -9 of every ingest at once, twice',
    run: async ({ system, hold }) => {
      for (let i = 0; i < 2; i += 1) {
        await Promise.all(system.names('ingest').map((name) => system.kill(name, 'SIGKILL')));
        await hold(2_000);
      }
    },
  },
  {
    name: 'ingest frozen beyond session',
    what: 'SIGSTOP of an ingest until its partitions have another owner: a zombie that keeps publishing blocks',
    run: (target) => freeze(target, pickIngest(target), BEYOND_SESSION_MS),
  },
  {
    name: 'ingest event loop stalled',
    what: 'an ingest computes for longer than the session timeout',
    run: (target) => stallEventLoop(target, pickIngest(target), BEYOND_SESSION_MS),
  },
  {
    name: 'ingest terminated',
    what: 'SIGTERM of an ingest under load',
    run: async (target) => {
      await target.system.kill(pickIngest(target), 'SIGTERM');
      await target.hold(1_000);
    },
  },
  {
    name: 'services restarted in turn',
    what: 'each ingest and each writer is terminated and restarted, one after the other; the longest stall is measured',
    run: rollServices,
  },
  {
    name: 'query killed',
    what: 'kill -9 of query; the others must not notice',
    run: async ({ system }) => {
      await system.kill('query-1', 'SIGKILL');
    },
  },
  {
    name: 'every service killed',
    what: 'kill -9 of all ingests, writers and query at once',
    run: async ({ system }) => {
      await Promise.all(system.serviceNames.map((name) => system.kill(name, 'SIGKILL')));
    },
  },
];

function isAnother(system: Target['system'], name: string, formerPid: number): boolean {
  try {
    return system.pidOf(name) !== formerPid;
  } catch {
    return false;
  }
}
