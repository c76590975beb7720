/** Events of a block on their way to the tables. */
import { type AcceptedInspection, COMPUTED_FIELDS, encodeCopyField } from '@chip/contracts';
import type { RefusedElement } from '../refused-element.ts';
import type { MeasurementSet, MeasurementSets } from './measurement-sets.ts';
import type { MergeableEvent } from './merge-attempts.ts';

const NO_LINES = Buffer.alloc(0);

/** The values of an event: a COPY line of `measurement_vectors` without its last column, which is the id of the set. */
interface MeasurementVector {
  readonly set: MeasurementSet;
  readonly line: Buffer;
}

/**
 * An event and the offset it came from. Its measurements and defects are COPY text from the start: as objects they would
 * take several times the room until the flush is through.
 */
export interface Arrival {
  readonly offset: number;
  readonly event: MergeableEvent;
  /** The event whole, as ingest wrote it. */
  readonly line: Buffer;
  /** Undefined without any. */
  readonly measurements: MeasurementVector | undefined;
  /** COPY lines, as many as `event.defect_count` says. */
  readonly defects: Buffer;
}

/** A dead letter carries the event as a machine could have sent it. */
export const refuse = (arrival: Arrival, code: RefusedElement['refusal']['code'], detail: string): RefusedElement => {
  const normalised = JSON.parse(arrival.line.toString()) as Record<string, unknown>;
  for (const field of COMPUTED_FIELDS) {
    delete normalised[field];
  }
  return { sourceOffset: arrival.offset, place: undefined, refusal: { code, detail }, normalised };
};

/** Reads an event of a block; what its lines have in common is encoded once. */
export function arrivalOf(offset: number, line: Buffer, sets: MeasurementSets): Arrival {
  const { measurements, defects, ...facts } = JSON.parse(line.toString()) as AcceptedInspection;
  const field = encodeCopyField;
  const ids = `${facts.inspection_uuid}\t${facts.event_id}`;
  const time = facts.completed_at ?? facts.occurred_at;
  let values = '';
  for (const { value } of measurements ?? []) {
    values += `${values === '' ? '' : ','}${value ?? 'NULL'}`;
  }
  let defectLines = '';
  for (const [i, d] of defects?.entries() ?? []) {
    defectLines +=
      `${ids}\t${i + 1}\t${time}\t${field(d.class)}\t${d.x_um}\t${d.y_um}\t${field(d.area_um2)}\t${field(d.size_um)}\t` +
      `${field(d.severity)}\t${field(d.confidence)}\t${field(d.image_uri)}\n`;
  }
  return {
    offset,
    event: { ...facts, measurement_count: measurements?.length, defect_count: defects?.length },
    line,
    measurements: measurements?.length
      ? { set: sets.of(measurements), line: Buffer.from(`${time}\t${ids}\t{${values}}`) }
      : undefined,
    defects: defectLines === '' ? NO_LINES : Buffer.from(defectLines),
  };
}
