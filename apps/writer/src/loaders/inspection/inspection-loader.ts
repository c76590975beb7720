import { type Block, formatTime, lotIdentity, parseTime, rowsOf } from '@chip/contracts';
import { DatabaseError, type LoadSession } from '@chip/persistence';
import type { Loaded, Loader } from '../loader.ts';
import { type RefusedElement, rejectionDetail } from '../refused-element.ts';
import { type Arrival, arrivalOf, inLot, refuse } from './arrival.ts';
import { copyDetails, naming, RefusedRow } from './details.ts';
import { MeasurementSets } from './measurement-sets.ts';
import { type Attempt, currentRow, mergeEvents, type MergedInspection } from './merge-attempts.ts';
import {
  INSERT_EVENTS,
  INSERT_FIRST_ATTEMPTS,
  INSERT_INSPECTIONS,
  INSERT_PARTS,
  INSERT_WAFERS,
  stageEvents,
} from './staged-events.ts';
import {
  LOCK_INSPECTIONS,
  SELECT_ATTEMPTS,
  SELECT_FULL,
  SELECT_HASHES,
  STORE_LOTS,
  UPDATE_INSPECTIONS,
  UPSERT_ATTEMPTS,
} from './statements.ts';
import { conflict, MAX_EVENTS_OF_INSPECTION, oneTooMany, unknownType } from './refused-events.ts';

const UNDO_SEARCH = 'ROLLBACK TO SAVEPOINT search; RELEASE SAVEPOINT search';
const canonicalTime = <T extends string | null>(time: T): T =>
  time === null ? time : (formatTime(parseTime(time)) as T);

/** The merge compares times as text; PostgreSQL's text omits trailing zeros. */
const withCanonicalTimes = (attempt: Attempt): Attempt => ({
  ...attempt,
  occurred_at: canonicalTime(attempt.occurred_at),
  first_occurred_at: canonicalTime(attempt.first_occurred_at),
  started_at: canonicalTime(attempt.started_at),
  completed_at: canonicalTime(attempt.completed_at),
});

/**
 * Inspections: ledger of events, identities, attempts, the current row, then measurements and defects by COPY.
 *
 * Locks are taken in the order lots, wafers, parts, inspection_events, inspections, inspection_attempts,
 * measurement_sets, each sorted by key. The inspections row comes before its attempts because it serialises two flushes
 * that merge into one inspection: its holder sees every attempt committed so far.
 */
export class InspectionLoader implements Loader {
  readonly #topic: string;
  readonly #partition: number;
  readonly #sets = new MeasurementSets();
  #arrivals: readonly Arrival[];

  constructor(blocks: readonly Block[]) {
    this.#topic = blocks[0]!.sourceTopic;
    this.#partition = blocks[0]!.sourcePartition;
    const arrivals: Arrival[] = [];
    for (const block of blocks) {
      let at = 0;
      for (const event of block.index) {
        if (rowsOf(event) > 0) {
          arrivals.push(arrivalOf(event.offset, block.payload.subarray(at, at + event.bytes), this.#sets));
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

  /** Halves the flush until single events remain; a COPY names its line, so no halving is needed there. */
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
        // Kept until the caller rolls back: later events meet the same rows as in the real load.
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
          // By its offset: in a lot of an earlier version the load works on a copy with other ids.
          const at = arrivals.findIndex(({ offset }) => offset === bad.offset);
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
    // A refused event must not refuse another. So types are judged before ids; conflicts between two events of the
    // flush come last, once the first of them is sure to stay: the outcome must not depend on where flushes are cut.
    const unknown = await this.#unknownTypes(session, arrivals);
    if (unknown.length > 0) {
      return { refused: unknown };
    }
    const { firsts: named, conflicts } = this.#distinct(arrivals);
    const firsts = await this.#inStoredLots(session, named);

    const shared = sharedInspections(firsts);
    const isAlone = ({ event }: Arrival): boolean => event.status !== 'voided' && !shared.has(event.inspection_uuid);
    await naming(
      firsts,
      () => 1,
      () => stageEvents(session, firsts, isAlone),
    );
    if (firsts.some(({ event }) => event.wafer_uuid !== undefined)) {
      await session.query(INSERT_WAFERS);
    }
    await session.query(INSERT_PARTS);
    const inserted = await session.query<{ event_id: string }>(INSERT_EVENTS, [this.#topic, this.#partition]);
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

    const fresh = known.length === 0 ? firsts : firsts.filter(({ event }) => newIds.has(event.event_id));
    const knownIds = known.map(({ event }) => event.event_id);
    const applied = await this.#merge(session, fresh, isAlone, knownIds);
    if ('refused' in applied) {
      return applied;
    }
    const written = await copyDetails(session, applied);
    if (conflicts.length > 0) {
      return { refused: conflicts };
    }
    return {
      applied: applied.length,
      duplicates: arrivals.length - applied.length,
      rows: applied.length + written,
    };
  }

  /** One arrival per event id, that of the lowest offset; others with the same content are duplicates. */
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

  /** Stores the lots that are missing, and gives each arrival the ids of its lot as it is stored. */
  async #inStoredLots(session: LoadSession, arrivals: readonly Arrival[]): Promise<Arrival[]> {
    const nameOf = ({ site, lot_id }: { site: string; lot_id: string }): string => `${site}\0${lot_id}`;
    const lots = new Map(
      arrivals.map(({ event }) => [nameOf(event), { site: event.site, lot_id: event.lot_id }] as const),
    );
    const stored = await session.query<{ id: string; site: string; lot_id: string }>(STORE_LOTS, [
      JSON.stringify([...lots.values()].map((lot) => ({ id: lotIdentity(lot.site, lot.lot_id), ...lot }))),
    ]);
    const ids = new Map(stored.map((lot) => [nameOf(lot), lot.id]));
    return arrivals.map((arrival) => inLot(arrival, ids.get(nameOf(arrival.event))!, this.#sets));
  }

  async #unknownTypes(session: LoadSession, arrivals: readonly Arrival[]): Promise<RefusedElement[]> {
    const used = [...new Set(arrivals.map(({ event }) => event.inspection_type))];
    const rows = await session.query<{ name: string }>('SELECT name FROM inspection_types WHERE name = ANY ($1)', [
      used,
    ]);
    const known = new Set(rows.map((row) => row.name));
    return arrivals.filter(({ event }) => !known.has(event.inspection_type)).map(unknownType);
  }

  /** Merges events into attempts and current rows. Returns those that no attempt contained yet, or those of full inspections. */
  async #merge(
    session: LoadSession,
    arrivals: readonly Arrival[],
    isAlone: (arrival: Arrival) => boolean,
    known: readonly string[],
  ): Promise<readonly Arrival[] | { refused: readonly RefusedElement[] }> {
    if (arrivals.length === 0) {
      return [];
    }
    // Events that are alone are merged here only if their inspection is stored already.
    const byInspection = groupBy(arrivals.filter((arrival) => !isAlone(arrival)));
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
    const mergeInto = (id: string, existing: readonly Attempt[]): MergedInspection =>
      mergeEvents(
        existing,
        byInspection.get(id)!.map(({ event }) => event),
      );

    const fromNothing = new Map([...byInspection.keys()].map((id) => [id, mergeInto(id, [])]));
    const created = await session.query<{ id: string }>(INSERT_INSPECTIONS, [
      JSON.stringify([...fromNothing].map(([id, { attempts }]) => row(id, attempts))),
      known,
    ]);
    const createdIds = new Set(created.map(({ id }) => id));
    const ofStored = arrivals.filter(({ event }) => !createdIds.has(event.inspection_uuid));
    for (const [id, group] of groupBy(ofStored)) {
      byInspection.set(id, group);
    }
    const storedIds = [...new Set(ofStored.map(({ event }) => event.inspection_uuid))];
    const stored = new Map<string, Attempt[]>(storedIds.map((id) => [id, []]));
    if (storedIds.length > 0) {
      await session.query(LOCK_INSPECTIONS, [storedIds]);
      const full = await session.query<{ id: string }>(SELECT_FULL, [storedIds, MAX_EVENTS_OF_INSPECTION]);
      if (full.length > 0) {
        const ids = new Set(full.map(({ id }) => id));
        return { refused: ofStored.filter(({ event }) => ids.has(event.inspection_uuid)).map(oneTooMany) };
      }
      for (const attempt of await session.query<Attempt>(SELECT_ATTEMPTS, [storedIds])) {
        stored.get(attempt.inspection_id)!.push(withCanonicalTimes(attempt));
      }
    }

    const attempts: Attempt[] = [];
    const updates: object[] = [];
    const repeated = new Set<string>();
    for (const [id, group] of byInspection) {
      const before = stored.get(id);
      const merged = before === undefined ? fromNothing.get(id)! : mergeInto(id, before);
      attempts.push(...merged.changed);
      if (merged.applied.length < group.length) {
        const applied = new Set(merged.applied);
        for (const { event } of group) {
          if (!applied.has(event)) {
            repeated.add(event.event_id);
          }
        }
      }
      if (before !== undefined && merged.changed.length > 0) {
        updates.push(row(id, merged.attempts));
      }
    }
    await session.query(INSERT_FIRST_ATTEMPTS, [known, storedIds]);
    if (attempts.length > 0) {
      await session.query(UPSERT_ATTEMPTS, [JSON.stringify(attempts)]);
    }
    if (updates.length > 0) {
      await session.query(UPDATE_INSPECTIONS, [JSON.stringify(updates)]);
    }
    return repeated.size === 0 ? arrivals : arrivals.filter(({ event }) => !repeated.has(event.event_id));
  }
}

/** Inspections with more than one of these events. */
function sharedInspections(arrivals: readonly Arrival[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const { event } of arrivals) {
    const id = event.inspection_uuid;
    (seen.has(id) ? shared : seen).add(id);
  }
  return shared;
}

function groupBy(arrivals: readonly Arrival[]): Map<string, Arrival[]> {
  const groups = new Map<string, Arrival[]>();
  for (const arrival of arrivals) {
    const id = arrival.event.inspection_uuid;
    const group = groups.get(id);
    if (group === undefined) {
      groups.set(id, [arrival]);
    } else {
      group.push(arrival);
    }
  }
  return groups;
}
