/** Measurements and defects, the many rows of an event: copied for new events only. */
import { DatabaseError, type LoadSession } from '@chip/persistence';
import type { Arrival } from './arrival.ts';
import type { MeasurementSet } from './measurement-sets.ts';
import { VALUE_COLUMNS } from './value-columns.ts';

/** As `arrivalOf` writes them, with the set as the last column. */
const VECTOR_COLUMNS = ['time', 'inspection_id', 'event_id', ...VALUE_COLUMNS, 'set_id'];
const DEFECT_COLUMNS = [
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
];
/** Lines of small events are gathered up to this size before they form a chunk of a COPY. */
const COPY_CHUNK_BYTES = 256 * 1024;

/** A row that a COPY refused, and its event. */
export class RefusedRow extends Error {
  constructor(
    readonly arrival: Arrival,
    readonly reason: DatabaseError,
  ) {
    super('row refused');
  }
}

/**
 * Copies the details of new events only, so that a plain COPY needs no unique key.
 *
 * @returns measurements and defects written; a vector counts as the measurements it holds
 * @throws RefusedRow, DatabaseError
 */
export async function copyDetails(session: LoadSession, arrivals: readonly Arrival[]): Promise<number> {
  const measured = arrivals.filter(({ measurements }) => measurements !== undefined);
  if (measured.length > 0) {
    const ends = await storeSets(session, measured);
    const lines = measured.flatMap(({ measurements }) => [measurements!.line, ends.get(measurements!.set)!]);
    await naming(
      measured,
      () => 1,
      () => session.copy('measurement_values', VECTOR_COLUMNS, gather(lines)),
    );
  }
  const withDefects = arrivals.filter(({ event }) => (event.defect_count ?? 0) > 0);
  if (withDefects.length > 0) {
    const lines = withDefects.map(({ defects }) => defects);
    await naming(
      withDefects,
      ({ event }) => event.defect_count!,
      () => session.copy('defects', DEFECT_COLUMNS, gather(lines)),
    );
  }
  return arrivals.reduce((sum, { event }) => sum + (event.measurement_count ?? 0) + (event.defect_count ?? 0), 0);
}

/**
 * Stores the missing sets. Nothing is remembered between flushes: the database keeps a set only for the transaction
 * that asked for it.
 *
 * @returns the last column of each set's lines
 */
async function storeSets(
  session: LoadSession,
  measured: readonly Arrival[],
): Promise<ReadonlyMap<MeasurementSet, Buffer>> {
  const sets = [...new Set(measured.map(({ measurements }) => measurements!.set))];
  const rows = await session.query<{ id: string }>('SELECT id FROM store_measurement_sets($1::json) AS id', [
    `[${sets.map(({ json }) => json).join(',')}]`,
  ]);
  return new Map(sets.map((set, i) => [set, Buffer.from(`\t${rows[i]!.id}\n`)]));
}

/** Runs a COPY of arrivals, each with its number of lines. @throws RefusedRow for the arrival with the refused line */
export async function naming(
  arrivals: readonly Arrival[],
  linesOf: (arrival: Arrival) => number,
  copy: () => Promise<unknown>,
): Promise<void> {
  try {
    await copy();
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.kind !== 'data' || error.copyLine === undefined) {
      throw error;
    }
    let line = 0;
    const refused = arrivals.find((arrival) => (line += linesOf(arrival)) >= error.copyLine!);
    throw new RefusedRow(refused!, error);
  }
}

/** Joins small buffers, so that a COPY does not send one message for each. */
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
