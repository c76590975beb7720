/** Fields outside of the contract that one event keeps under `_extra`: at most so many, and so many bytes of JSON. */
export const MAX_EXTRA_FIELDS = 64;
export const MAX_EXTRA_BYTES = 8 * 1024;
/** Name under `_extra` for the number of fields that exceeded the bounds and were dropped. */
export const DROPPED_FIELDS = '_dropped';

/**
 * Gathers the fields of an event that the contract does not know. They are kept for people to find, not for machines to
 * fill an index with: what exceeds the bounds is counted and dropped, and never a reason to refuse the event.
 */
export class ExtraFields {
  // Without a prototype, so that a field called __proto__ is data like any other.
  readonly #kept = Object.create(null) as Record<string, unknown>;
  #fields = 0;
  #bytes = 0;
  #dropped = 0;

  /** Number of fields that were met. */
  get count(): number {
    return this.#fields + this.#dropped;
  }

  add(name: string, value: unknown): void {
    const bytes =
      this.#fields < MAX_EXTRA_FIELDS ? Buffer.byteLength(name) + Buffer.byteLength(JSON.stringify(value)) : Infinity;
    if (this.#bytes + bytes > MAX_EXTRA_BYTES) {
      this.#dropped++;
      return;
    }
    this.#kept[name] = value;
    this.#fields++;
    this.#bytes += bytes;
  }

  /** What goes under `_extra`; undefined when there was nothing. */
  value(): Readonly<Record<string, unknown>> | undefined {
    if (this.#dropped > 0) {
      this.#kept[DROPPED_FIELDS] = this.#dropped;
    }
    return this.count === 0 ? undefined : this.#kept;
  }
}
