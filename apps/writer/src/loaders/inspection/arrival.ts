/** Events of a block, prepared for the tables. */
import {
  type AcceptedInspection,
  COMPUTED_FIELDS,
  encodeCopyField,
  identityVersion,
  INSPECTION_FIELDS,
  inspectionIdentity,
  lineParts,
  measurementsOf,
  measurementValuesText,
  partIdentity,
  waferIdentity,
} from '@chip/contracts';
import type { RefusedElement } from '../refused-element.ts';
import type { MeasurementSet, MeasurementSets } from './measurement-sets.ts';
import type { MergeableEvent } from './merge-attempts.ts';
import { valueColumns } from './value-columns.ts';

const NO_LINES = Buffer.alloc(0);

/** Values of an event: a COPY line of `measurement_values` without its last column, the id of the set. */
interface MeasurementVector {
  readonly set: MeasurementSet;
  readonly line: Buffer;
}

/**
 * An event and its offset. Measurements and defects are COPY text from the start: as objects they would take several
 * times the memory for the duration of the flush.
 */
export interface Arrival {
  readonly offset: number;
  readonly event: MergeableEvent;
  /** The whole event, as ingest wrote it. */
  readonly line: Buffer;
  /** Undefined if the event has none. */
  readonly measurements: MeasurementVector | undefined;
  /** COPY lines, `event.defect_count` of them. */
  readonly defects: Buffer;
}

/**
 * Puts unknown fields back where the machine had them: in `metadata` they count against its limit, so that ingest may refuse the
 * event when it is replayed. A machine's own `_extra` stays, as ingest writes none that is empty or has known fields.
 */
function withUnknownFields(event: Record<string, unknown>): Record<string, unknown> {
  const { _extra: extra, ...metadata } = (event['metadata'] ?? {}) as Record<string, unknown>;
  const isUnknown =
    typeof extra === 'object' &&
    extra !== null &&
    !Array.isArray(extra) &&
    Object.keys(extra).length > 0 &&
    !Object.keys(extra).some((field) => INSPECTION_FIELDS.has(field));
  return isUnknown ? { ...extra, ...event, metadata } : event;
}

/** The dead letter carries the event as a machine could have sent it. */
export const refuse = (arrival: Arrival, code: RefusedElement['refusal']['code'], detail: string): RefusedElement => {
  const parts = lineParts(arrival.line);
  const normalised = JSON.parse(parts.facts.toString()) as Record<string, unknown>;
  if (normalised['measurement_count'] !== undefined) {
    normalised['measurements'] = measurementsOf(parts);
  }
  for (const field of COMPUTED_FIELDS) {
    delete normalised[field];
  }
  return {
    sourceOffset: arrival.offset,
    place: undefined,
    refusal: { code, detail },
    normalised: withUnknownFields(normalised),
  };
};

type Identities = Pick<AcceptedInspection, 'inspection_uuid' | 'lot_uuid' | 'part_uuid' | 'wafer_uuid'>;

/**
 * Reads an event of a block; encodes once what its lines share.
 *
 * @param identities replace those that ingest computed
 */
export function arrivalOf(offset: number, line: Buffer, sets: MeasurementSets, identities?: Identities): Arrival {
  const parts = lineParts(line);
  const facts = JSON.parse(parts.facts.toString()) as AcceptedInspection;
  if (identities !== undefined) {
    Object.assign(facts, identities);
  }
  const { measurements, defects } = facts;
  const field = encodeCopyField;
  const ids = `${facts.inspection_uuid}\t${facts.event_id}`;
  const time = facts.completed_at ?? facts.occurred_at;
  let defectLines = '';
  for (const [i, d] of defects?.entries() ?? []) {
    defectLines +=
      `${ids}\t${i + 1}\t${time}\t${field(d.class)}\t${d.x_um}\t${d.y_um}\t${field(d.area_um2)}\t${field(d.size_um)}\t` +
      `${field(d.severity)}\t${field(d.confidence)}\t${field(d.image_uri)}\n`;
  }
  const vectorOf = (): MeasurementVector | undefined => {
    const start = `${time}\t${ids}\t`;
    if (parts.values !== undefined && parts.set !== undefined) {
      return { set: sets.read(parts.set), line: Buffer.concat([Buffer.from(start), valueColumns(parts.values)]) };
    }
    return measurements?.length
      ? {
          set: sets.of(measurements),
          line: Buffer.concat([Buffer.from(start), valueColumns(Buffer.from(measurementValuesText(measurements)))]),
        }
      : undefined;
  };
  return {
    offset,
    // The object as it was parsed, without its lists: a copy would cost more than the rest of this function.
    event: Object.assign(facts, {
      measurements: undefined,
      defects: undefined,
      measurement_count: facts.measurement_count ?? measurements?.length,
      defect_count: defects?.length,
    }),
    line,
    measurements: vectorOf(),
    defects: defectLines === '' ? NO_LINES : Buffer.from(defectLines),
  };
}

/**
 * The arrival with the ids of its lot as it is stored. They differ from those that ingest computed for a lot that an earlier
 * version stored, and in a block that an earlier version of ingest wrote.
 */
export function inLot(arrival: Arrival, lotUuid: string, sets: MeasurementSets): Arrival {
  const { site, lot_id, chip_id, inspection_type, wafer_id, lot_uuid } = arrival.event;
  if (lot_uuid === lotUuid) {
    return arrival;
  }
  const version = identityVersion(lotUuid);
  return arrivalOf(arrival.offset, arrival.line, sets, {
    lot_uuid: lotUuid,
    inspection_uuid: inspectionIdentity(site, lot_id, chip_id, inspection_type, version),
    part_uuid: partIdentity(site, lot_id, chip_id, version),
    wafer_uuid: wafer_id === undefined ? undefined : waferIdentity(site, lot_id, wafer_id, version),
  });
}
