/** Telegraf on the same backlog: another program from Kafka to the same table, built from its Go module. */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../devstack/processes/run-command.ts';
import { cachedFolder } from '../../devstack/servers/cached-folder.ts';
import type { Backlog } from '../data/machine-data.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import type { CaseDatabase } from '../system/case-database.ts';
import type { Loader } from './measured-load.ts';

const VERSION = '1.37.2';
/** Everything else stays out of the program, which is then built in minutes. */
const PLUGINS = ['custom', 'inputs.kafka_consumer', 'outputs.postgresql', 'parsers.json', 'parsers.json_v2'];
const configuration = (parser: Parser): string =>
  fileURLToPath(new URL(`./telegraf-${parser.replace('_', '-')}.conf`, import.meta.url));
/** It reports no readiness: it counts as ready unless it fails at once. */
const SETTLE_MS = 1_000;
/** Counting the rows is to take at most this share of one core. */
const COUNTING_SHARE = 0.05;
const LEAST_PAUSE_MS = 50;
/** Samples that it holds without having stored them. */
const UNDELIVERED = 100_000;

/** Rows of which every column came. */
const WHOLE_ROWS = `SELECT count(*) AS rows FROM system_metrics
  WHERE service_name IS NOT NULL AND metric_name IS NOT NULL AND metric_value IS NOT NULL AND host IS NOT NULL AND tags IS NOT NULL`;

/** How it reads JSON: the plain parser takes half the time, the later one reads each field from where its configuration says. */
export const PARSERS = ['json', 'json_v2'] as const;
export type Parser = (typeof PARSERS)[number];

/** Parsers that our configurations support; `json_v2` reads one object per record. */
export const parsersOf = ({ records, elements }: Backlog): readonly Parser[] =>
  records === elements ? PARSERS : ['json'];

export class Telegraf {
  readonly #program: string;

  private constructor(program: string) {
    this.#program = program;
  }

  /** Builds it once into the cache. Needs Go and its module proxy. */
  static async provide(cache: string, progress: (what: string) => void, signal: AbortSignal): Promise<Telegraf> {
    const folder = await cachedFolder(cache, `telegraf-${VERSION}-${PARSERS.join('-')}`, async (root) => {
      progress(`building Telegraf ${VERSION}, which takes minutes`);
      const build = path.join(root, 'build');
      mkdirSync(build);
      await runCommand(
        'go',
        ['install', '-tags', PLUGINS.join(','), `github.com/influxdata/telegraf/cmd/telegraf@v${VERSION}`],
        {
          signal,
          onFailure: 'install Go 1.25 or newer and check that it reaches its module proxy, or leave out --peers',
          env: {
            ...process.env,
            CGO_ENABLED: '0',
            GOBIN: root,
            GOMODCACHE: path.join(build, 'modules'),
            GOCACHE: path.join(build, 'cache'),
            // Without it, the sources could not be deleted afterwards.
            GOFLAGS: '-modcacherw',
          },
        },
      );
      rmSync(build, { recursive: true });
    });
    return new Telegraf(path.join(folder, 'telegraf'));
  }

  on(system: BenchSystem, database: CaseDatabase, backlog: Backlog, parser: Parser): Loader<'telegraf'> {
    const settings = configuration(parser);
    const launch = {
      name: 'telegraf-1',
      command: this.#program,
      args: ['--config', settings],
      cwd: path.dirname(settings),
      env: {
        ...process.env,
        KAFKA_BROKERS: system.brokers.join('","'),
        DATABASE_URL: database.url('DATABASE_URL'),
        TELEGRAF_UNDELIVERED: String(Math.ceil((UNDELIVERED * backlog.records) / backlog.elements)),
      },
    };
    const readiness = () => {
      const began = performance.now();
      return () => performance.now() - began > SETTLE_MS;
    };
    let pauseMs = LEAST_PAUSE_MS;
    return {
      processes: ['telegraf'],
      whileRunning: (work) => system.withParts([{ launch, readiness, readyWithinMs: 2 * SETTLE_MS }], work),
      committed: async (signal) => {
        await sleep(pauseMs, undefined, { signal });
        const began = performance.now();
        const { rows } = await database.row<{ rows: string }>(WHOLE_ROWS);
        pauseMs = Math.max(LEAST_PAUSE_MS, (performance.now() - began) / COUNTING_SHARE);
        return Number(rows);
      },
    };
  }
}
