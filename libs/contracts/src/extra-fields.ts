/** Limits on the fields outside the contract that one event keeps under `_extra`: their number, and their bytes of JSON. */
export const MAX_EXTRA_FIELDS = 64;
export const MAX_EXTRA_BYTES = 8 * 1024;
/**
 * Name under `_extra` for the number of fields that were dropped because they exceeded the limits. A field of the machine
 * that has this name is then kept under its JSON pointer.
 */
export const DROPPED_FIELDS = '_dropped';

/**
 * Collects the fields of an event that the contract does not know. It keeps them for people to find, and drops and counts
 * those beyond the limits, so that machines cannot flood the index. They are never a reason to refuse the event.
 */
export class ExtraFields {
  // No prototype, so that a field called __proto__ is data like any other.
  readonly #kept = Object.create(null) as Record<string, unknown>;
  #fields = 0;
  #bytes = 0;
  #dropped = 0;
  readonly #isReplay: boolean;

  /** @param isReplay whether the event was read before: it then has the kept fields and the number of dropped ones */
  constructor(isReplay: boolean) {
    this.#isReplay = isReplay;
  }

  /** Number of fields added, including dropped ones. */
  get count(): number {
    return this.#fields + this.#dropped;
  }

  add(name: string, value: unknown): void {
    if (this.#isReplay && name === DROPPED_FIELDS && Number.isSafeInteger(value) && (value as number) > 0) {
      this.#dropped += value as number;
      return;
    }
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

  /** The content of `_extra`; undefined when no field was added. */
  value(): Readonly<Record<string, unknown>> | undefined {
    if (this.#dropped === 0) {
      return this.#fields === 0 ? undefined : this.#kept;
    }
    const value = Object.assign(Object.create(null) as Record<string, unknown>, this.#kept);
    if (Object.hasOwn(value, DROPPED_FIELDS)) {
      value[`/${DROPPED_FIELDS}`] = value[DROPPED_FIELDS];
    }
    value[DROPPED_FIELDS] = this.#dropped;
    return value;
  }
}
