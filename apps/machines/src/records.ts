import { TELEMETRY, type InspectionEvent, type TelemetrySample } from '@chip/contracts';

/** The contents of a record, for exact totals of acknowledgements. */
export interface EventCounts {
  readonly samples: number;
  readonly inspections: number;
  readonly measurements: number;
  readonly defects: number;
}

/** A record of a machine topic, ready to send. */
export interface MachineRecord {
  readonly key: string | null;
  readonly value: string;
  readonly counts: EventCounts;
}

const NOTHING: EventCounts = { samples: 0, inspections: 0, measurements: 0, defects: 0 };
/** An array record stays well below the limit of its topic, regardless of its samples' sizes. */
const MAX_ARRAY_BYTES = TELEMETRY.limits.eventBytes / 2;

/**
 * Records of samples, keyed by host so that a host's samples stay in order. Each has up to `arraySize` samples of one
 * host as a JSON array or, with an array size of 1, one sample as a JSON object.
 */
export function telemetryRecords(samples: readonly TelemetrySample[], arraySize: number): MachineRecord[] {
  const record = (key: string | null, json: readonly string[]): MachineRecord => ({
    key,
    value: arraySize === 1 ? (json[0] ?? '') : `[${json.join(',')}]`,
    counts: { ...NOTHING, samples: json.length },
  });
  const records: MachineRecord[] = [];
  for (const [host, ofHost] of Map.groupBy(samples, (sample) => sample.host ?? null)) {
    let json: string[] = [];
    let bytes = 0;
    for (const sample of ofHost) {
      const text = JSON.stringify(sample);
      const size = Buffer.byteLength(text) + 1;
      if (json.length === arraySize || (json.length > 0 && bytes + size > MAX_ARRAY_BYTES)) {
        records.push(record(host, json));
        json = [];
        bytes = 0;
      }
      json.push(text);
      bytes += size;
    }
    if (json.length > 0) {
      records.push(record(host, json));
    }
  }
  return records;
}

/** The record of an inspection event, keyed by lot so that a lot's events stay in order. */
export const inspectionRecord = (event: InspectionEvent): MachineRecord => ({
  key: event.lot_id,
  value: JSON.stringify(event),
  counts: {
    samples: 0,
    inspections: 1,
    measurements: event.measurements?.length ?? 0,
    defects: event.defects?.length ?? 0,
  },
});
