import {
  type AcceptedInspection,
  attemptKey,
  type Block,
  type IdentityVersion,
  INSPECTION,
  inspectionIdentity,
  lotIdentity,
  measurementSetText,
  measurementValuesText,
  partIdentity,
  waferIdentity,
} from '@chip/contracts';

type Computed = 'inspection_uuid' | 'lot_uuid' | 'part_uuid' | 'wafer_uuid' | 'attempt_key';

/** An event with what ingest computes from it. */
export function withIdentities(
  event: Omit<AcceptedInspection, Computed>,
  version: IdentityVersion = '8',
): AcceptedInspection {
  const { site, lot_id, chip_id, inspection_type, wafer_id } = event;
  return {
    ...event,
    inspection_uuid: inspectionIdentity(site, lot_id, chip_id, inspection_type, version),
    lot_uuid: lotIdentity(site, lot_id, version),
    part_uuid: partIdentity(site, lot_id, chip_id, version),
    ...(wafer_id === undefined ? {} : { wafer_uuid: waferIdentity(site, lot_id, wafer_id, version) }),
    attempt_key: attemptKey(event),
  };
}

/** The line of an event, as ingest writes it today. */
function lineOf({ measurements, ...event }: AcceptedInspection): string {
  const facts = JSON.stringify({ ...event, measurement_count: measurements?.length });
  return measurements?.length
    ? `${facts}\t${measurementValuesText(measurements)}\t${measurementSetText(measurements)}`
    : facts;
}

/**
 * A block of events, whose first has the offset `from`.
 *
 * @param isEarlier in the form of the version before
 */
export function inspectionBlock(
  events: readonly AcceptedInspection[],
  partition = 0,
  from = 0,
  isEarlier = false,
): Block {
  const lines = events.map((event) => Buffer.from(`${isEarlier ? JSON.stringify(event) : lineOf(event)}\n`));
  return {
    sourceTopic: INSPECTION.source,
    sourcePartition: partition,
    coversFrom: from,
    coversTo: from + events.length,
    kind: isEarlier ? 'ndjson/inspection/1' : 'json-lines/inspection/2',
    index: lines.map((line, i) => ({
      offset: from + i,
      appendTime: 1000,
      bytes: line.length,
      elements: 0,
      refused: [],
    })),
    payload: Buffer.concat(lines),
    deltas: Buffer.alloc(0),
    minTime: null,
    maxTime: null,
  };
}
