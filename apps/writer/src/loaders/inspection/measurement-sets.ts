import { type Measurement } from '@chip/contracts';

/** Names, units and limits shared by the measurements of many events, as JSON for `store_measurement_sets`. */
export interface MeasurementSet {
  readonly json: string;
}

/** The machines of a fab alternate; a set outside the latest few is found by its text. */
const RECENT = 8;

/** The sets of one flush: equal content yields the same object, however many events have it. */
export class MeasurementSets {
  readonly #byJson = new Map<string, MeasurementSet>();
  /** Latest first, with measurements to compare: most events repeat one of these and need no text. */
  readonly #recent: { readonly like: readonly Measurement[]; readonly set: MeasurementSet }[] = [];

  of(measurements: readonly Measurement[]): MeasurementSet {
    const at = this.#recent.findIndex(({ like }) => areAlike(like, measurements));
    const found = at < 0 ? { like: measurements, set: this.#byText(measurements) } : this.#recent.splice(at, 1)[0]!;
    this.#recent.unshift(found);
    if (this.#recent.length > RECENT) {
      this.#recent.pop();
    }
    return found.set;
  }

  #byText(measurements: readonly Measurement[]): MeasurementSet {
    const json = JSON.stringify({
      names: measurements.map(({ name }) => name),
      units: measurements.map(({ unit }) => unit ?? null),
      lower_limits: measurements.map(({ lower_limit }) => lower_limit ?? null),
      upper_limits: measurements.map(({ upper_limit }) => upper_limit ?? null),
    });
    const set = this.#byJson.get(json) ?? { json };
    this.#byJson.set(json, set);
    return set;
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
