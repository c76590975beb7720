/** Telegraf, built from its Go module. */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../../devstack/processes/run-command.ts';
import { cachedFolder } from '../../devstack/servers/cached-folder.ts';
import type { Peer } from './peer.ts';

const VERSION = '1.37.2';
/** Everything else stays out of the program, which is then built in minutes. */
const PLUGINS = ['custom', 'inputs.kafka_consumer', 'outputs.postgresql', 'parsers.json', 'parsers.json_v2'];
/** Samples that it holds without having stored them. */
const UNDELIVERED = 100_000;

export class Telegraf {
  readonly #program: string;

  private constructor(program: string) {
    this.#program = program;
  }

  /** Builds it once into the cache. Needs Go and its module proxy. */
  static async provide(cache: string, progress: (what: string) => void, signal: AbortSignal): Promise<Telegraf> {
    const folder = await cachedFolder(cache, `telegraf-${VERSION}-json-json_v2`, async (root) => {
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

  /** The plain parser, or the later one, which reads each field from where its configuration says and takes twice as long. */
  reading(parser: 'json' | 'json_v2'): Peer {
    return {
      // json_v2 would need another configuration for arrays.
      reads: ({ records, elements }) => parser === 'json' || records === elements,
      launch: (system, database, { records, elements }) => ({
        command: this.#program,
        args: ['telegraf', `telegraf-${parser.replace('_', '-')}`].flatMap((name) => [
          '--config',
          path.join(import.meta.dirname, `${name}.conf`),
        ]),
        env: {
          ...process.env,
          KAFKA_BROKERS: system.brokers.join('","'),
          DATABASE_URL: database.url('DATABASE_URL'),
          TELEGRAF_UNDELIVERED: String(Math.ceil((UNDELIVERED * records) / elements)),
        },
      }),
      storesTags: true,
    };
  }
}
