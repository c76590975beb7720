import { type Queryable, readTelemetryRetention } from '@chip/persistence';
import { type HealthState, type Logger, withDeadline } from '@chip/service';

/** One look at the database takes this long at most. */
const ANSWER_MS = 10_000;

/**
 * How long telemetry is kept. The database is the only source of this setting. While it is down, the last known value
 * stays in force; until the first successful read, nothing can be judged by it.
 */
export class RetentionSetting {
  readonly #database: Queryable | undefined;
  readonly #logger: Logger;
  #ms: number | null = null;
  #failure: string | undefined;
  #asking: Promise<unknown> | undefined;

  constructor(database: Queryable | undefined, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
  }

  /**
   * Why nothing can be judged yet, after another try to read the setting; null once it is known, and where no database
   * is configured: then no sample is too old.
   */
  async whyUnknown(): Promise<string | null> {
    if (this.#database === undefined || this.#ms !== null) {
      return null;
    }
    this.#asking ??= withDeadline(this.refresh(), ANSWER_MS, 'reading the retention')
      .catch((error: unknown) => (this.#failure ??= (error as Error).message))
      .finally(() => (this.#asking = undefined));
    await this.#asking;
    return this.#ms === null ? `the database has not told the retention of telemetry: ${this.#failure}` : null;
  }

  /** Milliseconds; 0 = indefinitely, null = no database, or not known yet. */
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
      reason: `the retention of telemetry has not been read yet, so no sample can be judged: ${this.#failure ?? 'not asked yet'}`,
    };
  }
}
