import { type Queryable, readTelemetryRetention } from '@chip/persistence';
import { type HealthState, type Logger, withDeadline } from '@chip/service';

/** The first records after a start wait this long for the database at most: ingest goes on while it is down. */
const FIRST_ANSWER_MS = 10_000;

/**
 * How long telemetry is kept. The database is the only source of this setting. While it is down, the last known value
 * stays in force; until the first successful read, no sample is too old.
 */
export class RetentionSetting {
  readonly #database: Queryable | undefined;
  readonly #logger: Logger;
  #ms: number | null = null;
  #failure: string | undefined;
  readonly #firstAnswer: Promise<unknown>;

  /** Starts to read. */
  constructor(database: Queryable | undefined, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
    this.#firstAnswer = withDeadline(this.refresh(), FIRST_ANSWER_MS, 'reading the retention').catch(() => undefined);
  }

  /** Resolves once the database has answered or failed to; earlier, no sample would be too old. */
  async answered(): Promise<void> {
    await this.#firstAnswer;
  }

  /** Milliseconds; 0 = indefinitely, null = unknown. */
  get ms(): number | null {
    return this.#ms;
  }

  /** Reads the setting again. Never throws. */
  async refresh(): Promise<void> {
    if (this.#database === undefined) {
      return;
    }
    try {
      const ms = await readTelemetryRetention(this.#database);
      if (ms !== this.#ms) {
        this.#logger.info({ retentionMs: ms, before: this.#ms }, 'retention_read');
      }
      this.#ms = ms;
      this.#failure = undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Once per outage of the database, not once a minute.
      if (this.#failure === undefined) {
        this.#logger.warn({ err: error, inForceMs: this.#ms }, 'retention_not_read');
      }
      this.#failure = reason;
    }
  }

  /** Down until the first successful read, if a database is configured. */
  readiness(): HealthState {
    if (this.#database === undefined || this.#ms !== null) {
      return { state: 'up' };
    }
    return {
      state: 'down',
      reason: `the retention of telemetry has not been read yet, so no sample is too old: ${this.#failure ?? 'not asked yet'}`,
    };
  }
}
