import { Migration } from '@mikro-orm/migrations';

/** Which TimescaleDB build the server runs: `community` has continuous aggregates and policies (TSL licence), `apache` has not. */
export type Edition = 'apache' | 'community';

/**
 * A forward-only migration in plain SQL. A transactional one is atomic; one that cannot be (`CONCURRENTLY`,
 * `transaction_per_chunk`) must give the same result when it is run again after an interruption at any statement.
 */
export abstract class SchemaMigration extends Migration {
  /** Fixed at server start, so it may be asked for by every migration that differs between the editions. */
  protected async edition(): Promise<Edition> {
    const [row] = (await this.execute("SELECT current_setting('timescaledb.license') AS license")) as {
      license: string;
    }[];
    return row?.license === 'timescale' ? 'community' : 'apache';
  }

  /**
   * Creates an index without blocking writers. An interrupted `CREATE INDEX CONCURRENTLY` leaves an invalid index behind,
   * which `IF NOT EXISTS` would take for the finished one: such a leftover is dropped first.
   *
   * @param definition what follows the index name, from `ON` to the end
   */
  protected async createIndexConcurrently(name: string, definition: string, unique = false): Promise<void> {
    await this.dropInvalidIndex(name);
    await this.execute(`CREATE ${unique ? 'UNIQUE ' : ''}INDEX CONCURRENTLY IF NOT EXISTS ${name} ${definition}`);
  }

  /** The counterpart for hypertables, which refuse `CONCURRENTLY`: one transaction per chunk, so that no chunk is locked for long. */
  protected async createIndexPerChunk(name: string, definition: string): Promise<void> {
    await this.dropInvalidIndex(name);
    await this.execute(`CREATE INDEX IF NOT EXISTS ${name} ${definition} WITH (timescaledb.transaction_per_chunk)`);
  }

  private async dropInvalidIndex(name: string): Promise<void> {
    const invalid = await this.execute(
      `SELECT 1 FROM pg_index WHERE NOT indisvalid AND indexrelid = to_regclass('public.${name}')`,
    );
    if (invalid.length > 0) await this.execute(`DROP INDEX public.${name}`);
  }
}
