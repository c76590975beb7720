import { type Functions, retentionSql, type Tables } from '../declarations.ts';
import { type RollupShape, SELECT_SHAPE } from '../rollup-shape.ts';

/** @returns the rows of the answer */
export type Execute = (statement: string) => Promise<readonly object[]>;

/**
 * A forward-only migration in plain SQL. A transactional one is atomic; one that cannot be (`CONCURRENTLY`,
 * `transaction_per_chunk`) must give the same result when it runs again after an interruption at any statement.
 */
export abstract class SchemaMigration {
  /** Who may do what with the tables and views that the migration creates, and how long their rows are kept. */
  static readonly tables: Tables = {};
  /** Who may call the functions that it creates. */
  static readonly functions: Functions = {};

  abstract readonly name: string;
  /** Runs a statement at once. */
  protected readonly execute: Execute;
  readonly #statements: string[] = [];

  constructor(execute: Execute) {
    this.execute = execute;
  }

  isTransactional(): boolean {
    return true;
  }

  abstract up(): Promise<void> | void;

  /** Runs what {@link up} runs at once. @returns what it left to run after it */
  async statements(): Promise<readonly string[]> {
    await this.up();
    return this.#statements;
  }

  /** Leaves a statement to run after {@link up}. */
  protected addSql(statement: string): void {
    this.#statements.push(statement);
  }

  /** Puts the declared {@link RowRetention} of a table into effect. Call it after its CREATE TABLE. */
  protected retain(table: string): void {
    const rows = (this.constructor as typeof SchemaMigration).tables[table]?.retention?.rows;
    if (rows === undefined) {
      throw new Error(`${table} declares no retention of its rows`);
    }
    this.addSql(retentionSql(table, rows));
  }

  /** How this database keeps its roll-ups; for migrations that differ between the editions. */
  protected async shape(): Promise<RollupShape> {
    const [row] = (await this.execute(SELECT_SHAPE)) as { shape: RollupShape }[];
    return row!.shape;
  }

  /**
   * Creates an index without blocking writers. An interrupted `CREATE INDEX CONCURRENTLY` leaves an invalid index behind,
   * which `IF NOT EXISTS` would accept as the finished one: drops such a leftover first.
   *
   * @param definition what follows the index name, from `ON` to the end
   */
  protected async createIndexConcurrently(name: string, definition: string, unique = false): Promise<void> {
    await this.dropInvalidIndex(name);
    // It waits for every older transaction, even an hour-long export, and nothing waits behind it: giving up would only
    // throw away what is built.
    await this.execute('SET lock_timeout = 0');
    try {
      await this.execute(`CREATE ${unique ? 'UNIQUE ' : ''}INDEX CONCURRENTLY IF NOT EXISTS ${name} ${definition}`);
    } finally {
      // If the session is gone, so is the setting; the first error is the one to report.
      await this.execute('RESET lock_timeout').catch(() => undefined);
    }
  }

  /** For hypertables, which refuse `CONCURRENTLY`: one transaction per chunk, so that no chunk is locked for long. */
  protected async createIndexPerChunk(name: string, definition: string): Promise<void> {
    await this.dropInvalidIndex(name);
    await this.execute(`CREATE INDEX IF NOT EXISTS ${name} ${definition} WITH (timescaledb.transaction_per_chunk)`);
  }

  private async dropInvalidIndex(name: string): Promise<void> {
    const invalid = await this.execute(
      `SELECT 1 FROM pg_index WHERE NOT indisvalid AND indexrelid = to_regclass('public.${name}')`,
    );
    if (invalid.length > 0) {
      await this.execute(`DROP INDEX public.${name}`);
    }
  }
}
