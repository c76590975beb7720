import { type Measurement, measurementSetText } from '@chip/contracts';

/** Names, units and limits shared by the measurements of many events, as JSON for `store_measurement_sets`. */
export interface MeasurementSet {
  readonly json: string;
}

/** The sets of one flush: equal content yields the same object, however many events have it. */
export class MeasurementSets {
  readonly #byJson = new Map<string, MeasurementSet>();
  /** Of the event before: most have the same set, and then need no text. */
  #latest: { readonly bytes: Buffer; readonly set: MeasurementSet } | undefined;

  /** The set with this JSON. */
  read(bytes: Buffer): MeasurementSet {
    if (this.#latest?.bytes.equals(bytes) !== true) {
      this.#latest = { bytes, set: this.#byText(bytes.toString()) };
    }
    return this.#latest.set;
  }

  /** The set of measurements in a block of an earlier version. */
  of(measurements: readonly Measurement[]): MeasurementSet {
    return this.#byText(measurementSetText(measurements));
  }

  #byText(json: string): MeasurementSet {
    const set = this.#byJson.get(json) ?? { json };
    this.#byJson.set(json, set);
    return set;
  }
}
