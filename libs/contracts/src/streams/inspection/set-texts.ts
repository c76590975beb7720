import { measurementSetText } from './accepted-line.ts';
import type { Measurement } from './inspection-event.ts';

/** The machines of a fab alternate. */
const RECENT = 8;

/** Writes sets of measurements as `measurementSetText` does, and remembers the latest. */
export class SetTexts {
  /** Latest first, with measurements to compare. */
  readonly #recent: { readonly like: readonly Measurement[]; readonly text: string }[] = [];

  of(measurements: readonly Measurement[]): string {
    const at = this.#recent.findIndex(({ like }) => areAlike(like, measurements));
    const found =
      at < 0 ? { like: measurements, text: measurementSetText(measurements) } : this.#recent.splice(at, 1)[0]!;
    this.#recent.unshift(found);
    if (this.#recent.length > RECENT) {
      this.#recent.pop();
    }
    return found.text;
  }
}

function areAlike(a: readonly Measurement[], b: readonly Measurement[]): boolean {
  if (a.length !== b.length) {
    return false;
  }
  for (let i = 0; i < a.length; i++) {
    const [one, other] = [a[i]!, b[i]!];
    if (
      one.name !== other.name ||
      one.unit !== other.unit ||
      one.lower_limit !== other.lower_limit ||
      one.upper_limit !== other.upper_limit
    ) {
      return false;
    }
  }
  return true;
}
