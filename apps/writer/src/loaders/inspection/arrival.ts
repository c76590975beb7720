/** Events of a block on their way to the tables. */
import { type AcceptedInspection, COMPUTED_FIELDS, encodeCopyField } from '@chip/contracts';
import type { RefusedElement } from '../refused-element.ts';
import type { MergeableEvent } from './merge-attempts.ts';

const NO_LINES = Buffer.alloc(0);

/**
 * An event and the offset it came from. Its measurements and defects are COPY lines from the start: as objects they would
 * take several times the room until the flush is through.
 */
export interface Arrival {
  readonly offset: number;
  readonly event: MergeableEvent;
  /** The event whole, as ingest wrote it. */
  readonly line: Buffer;
  /** COPY lines, as many as `event.measurement_count` says. */
  readonly measurements: Buffer;
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
export function arrivalOf(offset: number, line: Buffer): Arrival {
  const { measurements, defects, ...facts } = JSON.parse(line.toString()) as AcceptedInspection;
  const field = encodeCopyField;
  const ids = `${facts.inspection_uuid}\t${facts.event_id}`;
  const time = facts.completed_at ?? facts.occurred_at;
  let measurementLines = '';
  for (const m of measurements ?? []) {
    measurementLines += `${time}\t${ids}\t${field(m.name)}\t${field(m.value)}\t${field(m.unit)}\t${field(m.lower_limit)}\t${field(m.upper_limit)}\n`;
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
    measurements: measurementLines === '' ? NO_LINES : Buffer.from(measurementLines),
    defects: defectLines === '' ? NO_LINES : Buffer.from(defectLines),
  };
}
