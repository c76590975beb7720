import { LEAST_BYTES_PER_SECOND } from '../http/slow-readers.ts';
import { type QueryConfig } from '../query.config.ts';

/**
 * Ends an export that takes too long. While it runs it holds a snapshot, so that the database cannot remove old rows: one
 * slow reader would make every table grow.
 */
export class ReaderPace {
  readonly #stallMs: number;
  readonly #whole: NodeJS.Timeout;
  #chunk: NodeJS.Timeout | undefined;
  #onLate: ((reason: string) => void) | undefined;
  /** The reason, if a limit was exceeded before a callback was set. */
  #reason: string | undefined;
  #isStopped = false;

  constructor({
    EXPORT_MAX_SECONDS,
    EXPORT_STALL_SECONDS,
  }: Pick<QueryConfig, 'EXPORT_MAX_SECONDS' | 'EXPORT_STALL_SECONDS'>) {
    this.#stallMs = EXPORT_STALL_SECONDS * 1000;
    this.#whole = setTimeout(
      () => this.#end(`the export took longer than ${EXPORT_MAX_SECONDS} s`),
      EXPORT_MAX_SECONDS * 1000,
    );
  }

  /** Called once, when one of the limits is exceeded; at once if that has happened before the first rows came. */
  onLate(callback: (reason: string) => void): void {
    this.#onLate = callback;
    if (this.#reason !== undefined) {
      callback(this.#reason);
    }
  }

  #end(reason: string): void {
    if (this.#reason === undefined) {
      this.#reason = reason;
      this.#onLate?.(reason);
    }
  }

  /** A chunk of `bytes` is ready for the reader. */
  give(bytes: number): void {
    // Who leaves while rows are read has stopped the clock before their chunk is ready.
    if (this.#isStopped) {
      return;
    }
    this.#chunk = setTimeout(
      () => this.#end('the reader of the export is too slow'),
      this.#stallMs + (bytes / LEAST_BYTES_PER_SECOND) * 1000,
    );
  }

  /** The reader asks for the next chunk. */
  taken(): void {
    clearTimeout(this.#chunk);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#chunk);
    clearTimeout(this.#whole);
  }
}
