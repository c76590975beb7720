/** The databases of cases: copies of one that is migrated once, which takes a third of the time. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A name of those whose sessions the owner may end on a local server: TimescaleDB's scheduler has one in each. */
const TEMPLATE = 'chip_test_template_bench';

export class MigratedOnce {
  readonly #ownerUrl: string;
  readonly #migrate: (database: string) => Promise<void>;
  #isReady = false;

  /** @param migrate the empty database of a name */
  constructor(ownerUrl: string, migrate: (database: string) => Promise<void>) {
    this.#ownerUrl = ownerUrl;
    this.#migrate = migrate;
  }

  /** @returns the name of a new database */
  create(): Promise<string> {
    return this.#asOwner(async (client) => {
      if (!this.#isReady) {
        await client.query(`CREATE DATABASE ${TEMPLATE}`);
        await this.#migrate(TEMPLATE);
        await client.query(`ALTER DATABASE ${TEMPLATE} ALLOW_CONNECTIONS false`);
        await client.query('SELECT end_sessions_of_test_template($1)', [TEMPLATE]);
        this.#isReady = true;
      }
      const name = `bench_${randomBytes(4).toString('hex')}`;
      // Through the log: the other way, which copies files, waits for two checkpoints of the server.
      await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY wal_log`);
      // Of roles in a database, which are not copied with it.
      const { rows } = await client.query<{ statement: string }>(
        `SELECT format('ALTER ROLE %I IN DATABASE %I SET %I = %L', rolname, $1::text, split_part(one, '=', 1), substr(one, strpos(one, '=') + 1)) AS statement
         FROM pg_db_role_setting AS s, pg_database AS d, pg_roles AS r, unnest(setconfig) AS one
         WHERE d.oid = setdatabase AND r.oid = setrole AND datname = $2`,
        [name, TEMPLATE],
      );
      await client.query(rows.map(({ statement }) => statement).join(';'));
      return name;
    });
  }

  async drop(name: string): Promise<void> {
    await this.#asOwner((client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
  }

  async #asOwner<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const url = new URL(this.#ownerUrl);
    url.pathname = '/postgres';
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
}
