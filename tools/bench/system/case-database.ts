/** The database of one case, and who may read it as what. */
import pg from 'pg';
import type { Env } from '../../devstack/env-file.ts';

/** The database of one case. */
export class CaseDatabase {
  readonly name: string;
  readonly client: pg.Client;
  readonly #env: Env;

  constructor(name: string, env: Env) {
    this.name = name;
    this.#env = env;
    this.client = new pg.Client({ connectionString: this.url('DATABASE_URL'), application_name: 'bench' });
    // The statement that waits says so, or the next one: without a listener the end of the server ends the process.
    this.client.on('error', () => undefined);
  }

  url(variable: string): string {
    const url = new URL(this.#env[variable] as string);
    url.pathname = `/${this.name}`;
    return url.href;
  }

  async row<T>(sql: string, parameters: unknown[] = []): Promise<T> {
    return (await this.client.query(sql, parameters)).rows[0] as T;
  }
}
