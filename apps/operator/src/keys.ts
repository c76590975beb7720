import {
  createKey,
  Database,
  KEY_ROLES,
  KEY_SCOPES,
  type KeyRole,
  type KeyScope,
  type ListedKey,
  listKeys,
  revokeKey,
  rotateKey,
  schemaReady,
} from '@chip/persistence';
import { Command, InvalidArgumentError, Option } from 'commander';
import { byOption, environmentVariable, reasonOption, runCommand } from './command.ts';
import { oneLine } from './printable.ts';

/** API keys: who may ask the query service, and for what. */

async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database({ url: environmentVariable('DATABASE_URL'), applicationName: 'chip-keys', max: 1 });
  try {
    await schemaReady(database);
    return await work(database);
  } finally {
    await database.close();
  }
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** `90d`, `12h`, `30m`, `45s` in seconds. */
function duration(text: string): number {
  const [, count, unit] = /^([0-9]{1,6})([smhd])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) {
    throw new InvalidArgumentError('expected a number with s, m, h or d, for example 90d');
  }
  return Number(count) * SECONDS[unit as keyof typeof SECONDS];
}

/** {@link duration} above 0: a key that ends at once would never work. */
function lifetime(text: string): number {
  const seconds = duration(text);
  if (seconds === 0) {
    throw new InvalidArgumentError('expected a number above 0 with s, m, h or d, for example 90d');
  }
  return seconds;
}

const name = (text: string): string => {
  if (text.length < 1 || text.length > 100) {
    throw new InvalidArgumentError('expected 1 to 100 characters');
  }
  return text;
};
const several = (text: string, before: string[] = []): string[] => [...before, name(text)];
const end = (seconds: number | undefined): string | null =>
  seconds === undefined ? null : new Date(Date.now() + seconds * 1000).toISOString();

const program = new Command('keys').description(
  'API keys of the query service. Reads DATABASE_URL (chip_operator, or the owner). Every change is in the audit trail.',
);

interface CreateOptions {
  name: string;
  role: KeyRole;
  scope: KeyScope[];
  site?: string[];
  product?: string[];
  expires?: number;
  by: string;
  reason: string;
  quiet?: boolean;
}
program
  .command('create')
  .description('create a key and print it once: only its hash is stored')
  .addOption(new Option('--role <role>', 'what it may do').choices(KEY_ROLES).makeOptionMandatory())
  .option('--name <name>', 'name of the key in the audit trail', name, 'unnamed')
  .addOption(
    new Option('--scope <scope...>', 'rights beyond those of its role').choices(KEY_SCOPES).default([], 'none'),
  )
  .option('--site <site>', 'only rows of this site; repeatable', several)
  .option('--product <product>', 'only rows of this product; repeatable', several)
  .option('--expires <duration>', 'lifetime, for example 90d; unlimited if left out', lifetime)
  .option('--quiet', 'print only the key, for scripts')
  .addOption(reasonOption('a new key'))
  .addOption(byOption())
  .action(async (options: CreateOptions) => {
    const wanted = {
      name: options.name,
      role: options.role,
      scopes: options.scope,
      sites: options.site ?? null,
      products: options.product ?? null,
      expires_at: end(options.expires),
    };
    print(await withDatabase((database) => createKey(database, wanted, options)), options.quiet);
  });

program
  .command('list')
  .description('list every key with its rights, last use and expiry; never the keys themselves')
  .action(async () => {
    const keys = await withDatabase(listKeys);
    console.log(keys.length === 0 ? 'there are no keys' : keys.map(describe).join('\n'));
  });

program
  .command('revoke')
  .description('revoke a key; every service refuses it within five seconds')
  .argument('<prefix>', 'prefix of the key, as shown by list')
  .addOption(reasonOption('no longer needed'))
  .addOption(byOption())
  .action(async (prefix: string, options: { by: string; reason: string }) => {
    await withDatabase((database) => revokeKey(database, prefix, options));
    console.log(`${prefix} is revoked`);
  });

interface RotateOptions {
  grace: number;
  expires?: number;
  by: string;
  reason: string;
  quiet?: boolean;
}
program
  .command('rotate')
  .description('create a key with the rights of another, which stays valid for a while')
  .argument('<prefix>', 'prefix of the old key, as shown by list')
  .option('--grace <duration>', 'how long the old key stays valid', duration, 86_400)
  .option(
    '--expires <duration>',
    'lifetime of the new key, for example 90d; it ends as the old one if left out',
    lifetime,
  )
  .option('--quiet', 'print only the key, for scripts')
  .addOption(reasonOption('regular rotation'))
  .addOption(byOption())
  .action(async (prefix: string, options: RotateOptions) =>
    print(
      await withDatabase((database) =>
        rotateKey(database, prefix, options.grace, options, end(options.expires) ?? undefined),
      ),
      options.quiet,
    ),
  );

function print({ key, prefix }: { key: string; prefix: string }, isQuiet = false): void {
  console.log(isQuiet ? key : `${key}\n\nThis is shown once. Its name in lists and in the audit trail: ${prefix}`);
}

function describe(key: ListedKey): string {
  const of = (what: string, names: readonly string[] | null): string[] =>
    names === null ? [] : [`${what} ${oneLine(names.join(', '))}`];
  const state = key.revoked_at !== null ? `revoked ${key.revoked_at}` : `ends ${key.expires_at ?? 'never'}`;
  return [
    key.prefix,
    oneLine(key.name),
    [key.role, ...key.scopes].join(' '),
    ...of('site', key.sites),
    ...of('product', key.products),
    state,
    `last used ${key.last_used_at ?? 'never'}`,
    `made ${key.created_at} by ${oneLine(key.created_by)}`,
  ].join('  ');
}

await runCommand(program);
