/** When rows became visible to a subscriber of the database. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { CaseDatabase } from '../system/case-database.ts';

/** Between two looks: a row is seen at most this and the time of a look after it became visible. */
export const LOOK_MS = 5;

/** A row to wait for, by values of the columns that identify it. */
type Key = readonly (string | number)[];

export class FirstSeen {
  readonly #client: pg.Client;
  readonly #sql: string;
  readonly #awaited = new Map<number, { readonly key: Key; readonly dueMs: number }>();
  #number = 0;
  #isEnding = false;
  #done = Promise.resolve();
  #failure: unknown;
  /** From when a row was due to be published until it was seen. */
  readonly times: { readonly dueMs: number; readonly ms: number }[] = [];

  private constructor(client: pg.Client, sql: string) {
    this.#client = client;
    this.#sql = sql;
  }

  /**
   * @param columns type of each column, by its name
   * @param visible reads the row with these columns of `awaited`
   */
  static async of(
    database: CaseDatabase,
    columns: Readonly<Record<string, string>>,
    visible: string,
  ): Promise<FirstSeen> {
    const client = new pg.Client({ connectionString: database.url('DATABASE_URL'), application_name: 'bench' });
    await client.connect();
    // A plan made while the tables were small would read them whole later.
    await client.query('SET enable_seqscan = off');
    const arrays = Object.values(columns).map((type, nth) => `$${nth + 2}::${type}[]`);
    const seen = new FirstSeen(
      client,
      `SELECT awaited.number FROM unnest($1::int[], ${arrays.join(', ')}) AS awaited(number, ${Object.keys(columns).join(', ')}) WHERE EXISTS (${visible} OFFSET 0)`,
    );
    // OFFSET 0: one look into the indexes for each awaited row, never a join over the whole tables.
    seen.#done = seen.#run(Object.keys(columns).length).catch((error: unknown) => {
      seen.#failure = error;
    });
    return seen;
  }

  lookFor(key: Key, dueMs: number): void {
    this.#awaited.set((this.#number += 1), { key, dueMs });
  }

  get isWaiting(): boolean {
    return this.#awaited.size > 0;
  }

  /** @throws what ended the looks */
  check(): void {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#done;
    await this.#client.end();
  }

  async #run(columns: number): Promise<void> {
    while (!this.#isEnding) {
      if (this.isWaiting) {
        const awaited = [...this.#awaited];
        const values = Array.from({ length: columns }, (_, nth) => awaited.map(([, { key }]) => key[nth]));
        const { rows } = await this.#client.query<{ number: number }>({
          name: 'first-seen',
          text: this.#sql,
          values: [awaited.map(([number]) => number), ...values],
        });
        const nowMs = performance.now();
        for (const { number } of rows) {
          const { dueMs } = this.#awaited.get(number) as { dueMs: number };
          this.#awaited.delete(number);
          this.times.push({ dueMs, ms: nowMs - dueMs });
        }
      }
      await sleep(LOOK_MS);
    }
  }
}
