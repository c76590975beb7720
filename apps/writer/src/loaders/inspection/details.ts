/** Measurements and defects: what an event has many of, copied for new events only. */
import { DatabaseError, type LoadSession } from '@chip/persistence';
import type { Arrival } from './arrival.ts';

/** What an event has many of; columns as `arrivalOf` writes them. */
const DETAILS = [
  {
    table: 'measurements',
    count: 'measurement_count',
    columns: ['time', 'inspection_id', 'event_id', 'name', 'value', 'unit', 'lower_limit', 'upper_limit'],
  },
  {
    table: 'defects',
    count: 'defect_count',
    columns: [
      'inspection_id',
      'event_id',
      'defect_no',
      'time',
      'class',
      'x_um',
      'y_um',
      'area_um2',
      'size_um',
      'severity',
      'confidence',
      'image_uri',
    ],
  },
] as const;
type Detail = (typeof DETAILS)[number];
/** Lines of small events are gathered up to this size before they become a chunk of a COPY. */
const COPY_CHUNK_BYTES = 256 * 1024;

/** A row that a COPY refused, with the event that it belongs to. */
export class RefusedRow extends Error {
  constructor(
    readonly arrival: Arrival,
    readonly reason: DatabaseError,
  ) {
    super('row refused');
  }
}

/** Copies the details of events that are new, so that a plain COPY needs no unique key. @returns rows written */
export async function copyDetails(session: LoadSession, arrivals: readonly Arrival[]): Promise<number> {
  let rows = 0;
  for (const detail of DETAILS) {
    rows += await copyDetail(session, detail, arrivals);
  }
  return rows;
}

async function copyDetail(session: LoadSession, detail: Detail, arrivals: readonly Arrival[]): Promise<number> {
  const some = arrivals.filter(({ event }) => (event[detail.count] ?? 0) > 0);
  if (some.length === 0) {
    return 0;
  }
  try {
    return await session.copy(detail.table, detail.columns, gather(some.map((arrival) => arrival[detail.table])));
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.kind !== 'data' || error.copyLine === undefined) {
      throw error;
    }
    let line = 0;
    const refused = some.find(({ event }) => (line += event[detail.count]!) >= error.copyLine!);
    throw new RefusedRow(refused!, error);
  }
}

/** Joins small buffers, so that a COPY does not send a message for each. */
function* gather(buffers: Iterable<Buffer>): Generator<Buffer> {
  let gathered: Buffer[] = [];
  let bytes = 0;
  for (const buffer of buffers) {
    gathered.push(buffer);
    bytes += buffer.length;
    if (bytes < COPY_CHUNK_BYTES) {
      continue;
    }
    yield Buffer.concat(gathered, bytes);
    gathered = [];
    bytes = 0;
  }
  if (bytes > 0) {
    yield Buffer.concat(gathered, bytes);
  }
}
