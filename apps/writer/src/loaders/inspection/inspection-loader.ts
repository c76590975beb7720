// Longer than 350 lines: the statements stand in the order in which the loader runs them.
import {
  type AcceptedInspection,
  type Block,
  COMPUTED_FIELDS,
  encodeCopyField,
  formatTime,
  parseTime,
  rowsOf,
} from '@chip/contracts';
import { DatabaseError, type LoadSession } from '@chip/persistence';
import type { Loaded, Loader } from '../loader.ts';
import {
  type Attempt,
  ATTEMPT_COLUMNS,
  CURRENT_COLUMNS,
  currentRow,
  type MergeableEvent,
  mergeEvents,
} from './merge-attempts.ts';
import { type RefusedElement, rejectionDetail } from '../refused-element.ts';

/**
 * An event and the offset it came from. Its measurements and defects are COPY lines from the start: as objects they would
 * take several times the room until the flush is through.
 */
interface Arrival {
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
const refuse = (arrival: Arrival, code: RefusedElement['refusal']['code'], detail: string): RefusedElement => {
  const normalised = JSON.parse(arrival.line.toString()) as Record<string, unknown>;
  for (const field of COMPUTED_FIELDS) {
    delete normalised[field];
  }
  return { sourceOffset: arrival.offset, place: undefined, refusal: { code, detail }, normalised };
};

const ATTEMPT_KEY: readonly string[] = ['inspection_id', 'step', 'attempt_key'];

/** Columns of `inspections` that come with the first insert only. */
const IDENTITY_COLUMNS = ['id', 'site', 'lot_id', 'chip_id', 'inspection_type'] as const;

const list = (columns: readonly string[], prefix = ''): string => columns.map((column) => prefix + column).join(', ');
/** Rows travel as one JSON parameter: the 65,535 bind parameters of the protocol do not bound a flush. */
const rowsOfJson = (table: string): string => `json_populate_recordset(NULL::${table}, $1::json)`;

const INSERT_LOTS = `INSERT INTO lots (id, site, lot_id) SELECT id, site, lot_id FROM ${rowsOfJson('lots')} ORDER BY id ON CONFLICT (id) DO NOTHING`;
const INSERT_WAFERS = `INSERT INTO wafers (id, lot_id, wafer_id) SELECT id, lot_id, wafer_id FROM ${rowsOfJson('wafers')} ORDER BY id ON CONFLICT (id) DO NOTHING`;
const INSERT_PARTS = `INSERT INTO parts (id, lot_id, chip_id) SELECT id, lot_id, chip_id FROM ${rowsOfJson('parts')} ORDER BY id ON CONFLICT (id) DO NOTHING`;

const EVENT_COLUMNS = list([
  'event_id',
  'content_hash',
  'inspection_id',
  'step',
  'attempt_key',
  'source_topic',
  'source_partition',
  'source_offset',
]);
const INSERT_EVENTS = `INSERT INTO inspection_events (${EVENT_COLUMNS}) SELECT ${EVENT_COLUMNS} FROM ${rowsOfJson('inspection_events')}
  ORDER BY event_id ON CONFLICT (event_id) DO NOTHING RETURNING event_id`;
/** A statement of its own: the conflicting rows may have been committed after the insert's snapshot. */
const SELECT_HASHES = `SELECT event_id, encode(content_hash, 'hex') AS hash FROM inspection_events WHERE event_id = ANY ($1::uuid[])`;

const INSERT_INSPECTIONS = `INSERT INTO inspections (${list(IDENTITY_COLUMNS)}, ${list(CURRENT_COLUMNS)})
  SELECT ${list(IDENTITY_COLUMNS)}, ${list(CURRENT_COLUMNS)} FROM ${rowsOfJson('inspections')} ORDER BY id
  ON CONFLICT (id) DO NOTHING RETURNING id`;
const LOCK_INSPECTIONS = `SELECT id FROM inspections WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE`;
const SELECT_ATTEMPTS = `SELECT ${list(ATTEMPT_COLUMNS)} FROM inspection_attempts WHERE inspection_id = ANY ($1::uuid[])`;
const UPSERT_ATTEMPTS = `INSERT INTO inspection_attempts (${list(ATTEMPT_COLUMNS)})
  SELECT ${list(ATTEMPT_COLUMNS)} FROM ${rowsOfJson('inspection_attempts')} ORDER BY ${list(ATTEMPT_KEY)}
  ON CONFLICT (${list(ATTEMPT_KEY)}) DO UPDATE SET ${ATTEMPT_COLUMNS.filter((column) => !ATTEMPT_KEY.includes(column))
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}`;
/** Retention may have deleted the attempt that `created_at` comes from: it only ever moves back. */
const UPDATE_INSPECTIONS = `UPDATE inspections i SET ${CURRENT_COLUMNS.map((column) => (column === 'created_at' ? 'created_at = least(i.created_at, n.created_at)' : `${column} = n.${column}`)).join(', ')}, updated_at = now()
  FROM ${rowsOfJson('inspections')} n WHERE i.id = n.id`;

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
const UNDO_SEARCH = 'ROLLBACK TO SAVEPOINT search; RELEASE SAVEPOINT search';
/** Lines of small events are gathered up to this size before they become a chunk of a COPY. */
const COPY_CHUNK_BYTES = 256 * 1024;
const NO_LINES = Buffer.alloc(0);

/** Reads an event of a block; what its lines have in common is encoded once. */
function arrivalOf(offset: number, line: Buffer): Arrival {
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

/** A row that a COPY refused, with the event that it belongs to. */
class RefusedRow extends Error {
  constructor(
    readonly arrival: Arrival,
    readonly reason: DatabaseError,
  ) {
    super('row refused');
  }
}

const canonicalTime = <T extends string | null>(time: T): T =>
  time === null ? time : (formatTime(parseTime(time)) as T);

/** The merge compares times as text; PostgreSQL's text leaves out trailing zeros. */
const withCanonicalTimes = (attempt: Attempt): Attempt => ({
  ...attempt,
  occurred_at: canonicalTime(attempt.occurred_at),
  first_occurred_at: canonicalTime(attempt.first_occurred_at),
  started_at: canonicalTime(attempt.started_at),
  completed_at: canonicalTime(attempt.completed_at),
});

const byKey = <T extends { id: string }>(rows: Iterable<T>): T[] => [
  ...new Map([...rows].map((row) => [row.id, row])).values(),
];

/**
 * Inspections: ledger of events, identities, attempts, the current row, then measurements and defects by COPY.
 *
 * Locks are taken in the order lots, wafers, parts, inspection_events, inspections, inspection_attempts, each sorted by
 * key. The inspections row comes before its attempts, since it is what serialises two flushes that merge into one
 * inspection: whoever holds it sees every attempt committed so far.
 */
export class InspectionLoader implements Loader {
  readonly #topic: string;
  readonly #partition: number;
  #arrivals: readonly Arrival[];

  constructor(blocks: readonly Block[]) {
    this.#topic = blocks[0]!.sourceTopic;
    this.#partition = blocks[0]!.sourcePartition;
    const arrivals: Arrival[] = [];
    for (const block of blocks) {
      let at = 0;
      for (const event of block.index) {
        if (rowsOf(event) > 0) {
          arrivals.push(arrivalOf(event.offset, block.payload.subarray(at, at + event.bytes)));
        }
        at += event.bytes;
      }
    }
    this.#arrivals = arrivals;
  }

  get elements(): number {
    return this.#arrivals.length;
  }

  exclude(refused: readonly RefusedElement[]): void {
    const offsets = new Set(refused.map((element) => element.sourceOffset));
    this.#arrivals = this.#arrivals.filter((arrival) => !offsets.has(arrival.offset));
  }

  async load(session: LoadSession): Promise<Loaded | { refused: readonly RefusedElement[] }> {
    try {
      return await this.#load(session, this.#arrivals);
    } catch (error) {
      throw error instanceof RefusedRow ? error.reason : error;
    }
  }

  /** Halves the flush until single events remain; a COPY names its line, which saves the halving. */
  async findRefused(session: LoadSession, limit: number): Promise<readonly RefusedElement[]> {
    const refused: RefusedElement[] = [];
    const reject = (arrival: Arrival, error: DatabaseError): void => {
      refused.push(refuse(arrival, 'database_rejected', rejectionDetail(error)));
    };
    const search = async (arrivals: readonly Arrival[]): Promise<void> => {
      if (arrivals.length === 0 || refused.length > limit) {
        return;
      }
      await session.query('SAVEPOINT search');
      try {
        const outcome = await this.#load(session, arrivals);
        if ('refused' in outcome) {
          refused.push(...outcome.refused);
          const offsets = new Set(outcome.refused.map((element) => element.sourceOffset));
          await session.query(UNDO_SEARCH);
          return await search(arrivals.filter((arrival) => !offsets.has(arrival.offset)));
        }
        // Kept until the caller rolls back: later events meet what they would meet in the real load.
        await session.query('RELEASE SAVEPOINT search');
      } catch (error) {
        const reason = error instanceof RefusedRow ? error.reason : error;
        if (!(reason instanceof DatabaseError) || reason.kind !== 'data') {
          throw reason;
        }
        await session.query(UNDO_SEARCH);
        if (error instanceof RefusedRow || arrivals.length === 1) {
          const bad = error instanceof RefusedRow ? error.arrival : arrivals[0]!;
          reject(bad, reason);
          const at = arrivals.indexOf(bad);
          await search(arrivals.slice(0, at));
          await search(arrivals.slice(at + 1));
        } else {
          const middle = arrivals.length >> 1;
          await search(arrivals.slice(0, middle));
          await search(arrivals.slice(middle));
        }
      }
    };
    await search(this.#arrivals);
    return refused;
  }

  async #load(
    session: LoadSession,
    arrivals: readonly Arrival[],
  ): Promise<Loaded | { refused: readonly RefusedElement[] }> {
    if (arrivals.length === 0) {
      return { applied: 0, duplicates: 0, rows: 0 };
    }
    // An event that is refused refuses no other. So types are judged before ids, and what two events of the flush say
    // against each other last, once the first of them is known to stay: the outcome must not depend on where flushes are cut.
    const unknown = await this.#unknownTypes(session, arrivals);
    if (unknown.length > 0) {
      return { refused: unknown };
    }
    const { firsts, conflicts } = this.#distinct(arrivals);

    const events = firsts.map((arrival) => arrival.event);
    const json = (rows: unknown): string[] => [JSON.stringify(rows)];
    await session.query(
      INSERT_LOTS,
      json(byKey(events.map((e) => ({ id: e.lot_uuid, site: e.site, lot_id: e.lot_id })))),
    );
    const onWafer = events.filter((e) => e.wafer_uuid !== undefined);
    if (onWafer.length > 0) {
      await session.query(
        INSERT_WAFERS,
        json(byKey(onWafer.map((e) => ({ id: e.wafer_uuid!, lot_id: e.lot_uuid, wafer_id: e.wafer_id })))),
      );
    }
    await session.query(
      INSERT_PARTS,
      json(byKey(events.map((e) => ({ id: e.part_uuid, lot_id: e.lot_uuid, chip_id: e.chip_id })))),
    );

    const inserted = await session.query<{ event_id: string }>(
      INSERT_EVENTS,
      json(
        firsts.map(({ offset, event }) => ({
          event_id: event.event_id,
          content_hash: `\\x${event.content_hash}`,
          inspection_id: event.inspection_uuid,
          step: event.step ?? '',
          attempt_key: event.attempt_key,
          source_topic: this.#topic,
          source_partition: this.#partition,
          source_offset: offset,
        })),
      ),
    );
    const newIds = new Set(inserted.map((row) => row.event_id));
    const known = firsts.filter(({ event }) => !newIds.has(event.event_id));
    if (known.length > 0) {
      const stored = await session.query<{ event_id: string; hash: string }>(SELECT_HASHES, [
        known.map(({ event }) => event.event_id),
      ]);
      const hashes = new Map(stored.map((row) => [row.event_id, row.hash]));
      const refused = known.filter(({ event }) => hashes.get(event.event_id) !== event.content_hash).map(conflict);
      if (refused.length > 0) {
        return { refused };
      }
    }

    const fresh = firsts.filter(({ event }) => newIds.has(event.event_id));
    const applied = await this.#merge(session, fresh);
    const written = await this.#copyDetails(session, applied);
    if (conflicts.length > 0) {
      return { refused: conflicts };
    }
    return {
      applied: applied.length,
      duplicates: arrivals.length - applied.length,
      rows: applied.length + written,
    };
  }

  /** One arrival per event id, the one of the lowest offset; others with the same content are duplicates. */
  #distinct(arrivals: readonly Arrival[]): { firsts: Arrival[]; conflicts: RefusedElement[] } {
    const firsts = new Map<string, Arrival>();
    const conflicts: RefusedElement[] = [];
    for (const arrival of arrivals) {
      const first = firsts.get(arrival.event.event_id);
      if (first === undefined) {
        firsts.set(arrival.event.event_id, arrival);
      } else if (first.event.content_hash !== arrival.event.content_hash) {
        conflicts.push(conflict(arrival));
      }
    }
    return { firsts: [...firsts.values()], conflicts };
  }

  async #unknownTypes(session: LoadSession, arrivals: readonly Arrival[]): Promise<RefusedElement[]> {
    const used = [...new Set(arrivals.map(({ event }) => event.inspection_type))];
    const rows = await session.query<{ name: string }>('SELECT name FROM inspection_types WHERE name = ANY ($1)', [
      used,
    ]);
    const known = new Set(rows.map((row) => row.name));
    return arrivals
      .filter(({ event }) => !known.has(event.inspection_type))
      .map((arrival) =>
        refuse(
          arrival,
          'unknown_inspection_type',
          '/inspection_type: got a type that table inspection_types does not list, expected one that it lists',
        ),
      );
  }

  /** Merges events into attempts and current rows. Returns those that were not part of an attempt already. */
  async #merge(session: LoadSession, arrivals: readonly Arrival[]): Promise<Arrival[]> {
    if (arrivals.length === 0) {
      return [];
    }
    const byInspection = new Map<string, Arrival[]>();
    for (const arrival of arrivals) {
      const id = arrival.event.inspection_uuid;
      const others = byInspection.get(id);
      if (others) {
        others.push(arrival);
      } else {
        byInspection.set(id, [arrival]);
      }
    }
    const row = (id: string, attempts: readonly Attempt[]): object => {
      const { event } = byInspection.get(id)![0]!;
      return {
        id,
        site: event.site,
        lot_id: event.lot_uuid,
        chip_id: event.chip_id,
        inspection_type: event.inspection_type,
        ...currentRow(attempts),
      };
    };
    const mergeInto = (id: string, existing: readonly Attempt[]) =>
      mergeEvents(
        existing,
        byInspection.get(id)!.map(({ event }) => event),
      );

    const ids = [...byInspection.keys()];
    const alone = new Map(ids.map((id) => [id, mergeInto(id, [])]));
    const created = await session.query<{ id: string }>(INSERT_INSPECTIONS, [
      JSON.stringify(ids.map((id) => row(id, alone.get(id)!.attempts))),
    ]);
    const createdIds = new Set(created.map(({ id }) => id));
    const existingIds = ids.filter((id) => !createdIds.has(id));
    const existing = new Map<string, Attempt[]>(existingIds.map((id) => [id, []]));
    if (existingIds.length > 0) {
      await session.query(LOCK_INSPECTIONS, [existingIds]);
      for (const attempt of await session.query<Attempt>(SELECT_ATTEMPTS, [existingIds])) {
        existing.get(attempt.inspection_id)!.push(withCanonicalTimes(attempt));
      }
    }

    const attempts: Attempt[] = [];
    const updates: object[] = [];
    const appliedIds = new Set<string>();
    for (const id of ids) {
      const before = existing.get(id);
      const merged = before === undefined ? alone.get(id)! : mergeInto(id, before);
      attempts.push(...merged.changed);
      for (const event of merged.applied) {
        appliedIds.add(event.event_id);
      }
      if (before !== undefined && merged.changed.length > 0) {
        updates.push(row(id, merged.attempts));
      }
    }
    if (attempts.length > 0) {
      await session.query(UPSERT_ATTEMPTS, [JSON.stringify(attempts)]);
    }
    if (updates.length > 0) {
      await session.query(UPDATE_INSPECTIONS, [JSON.stringify(updates)]);
    }
    return arrivals.filter(({ event }) => appliedIds.has(event.event_id));
  }

  /** Measurements and defects of new events only, so that a plain COPY needs no unique key. */
  async #copyDetails(session: LoadSession, arrivals: readonly Arrival[]): Promise<number> {
    let rows = 0;
    for (const detail of DETAILS) {
      rows += await copyDetail(session, detail, arrivals);
    }
    return rows;
  }
}

const conflict = (arrival: Arrival): RefusedElement =>
  refuse(
    arrival,
    'event_id_conflict',
    '/event_id: got an id that another event with different content has, expected a new id',
  );

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
