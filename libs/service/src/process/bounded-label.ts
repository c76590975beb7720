/** What all values beyond the limit share. */
const OTHER = 'other';
const MAX_CHARACTERS = 100;

/**
 * Values of a label that come from outside, such as names of machines. The first ones keep their names; all further ones
 * share `other`, so that no client can make the metrics grow without bound.
 */
export class BoundedLabel {
  readonly #known = new Set<string>();
  readonly #max: number;

  /** @param max distinct values, without `other` */
  constructor(max: number) {
    this.#max = max;
  }

  of(value: string): string {
    const name = value.slice(0, MAX_CHARACTERS);
    if (!this.#known.has(name)) {
      if (this.#known.size >= this.#max) {
        return OTHER;
      }
      this.#known.add(name);
    }
    return name;
  }
}
