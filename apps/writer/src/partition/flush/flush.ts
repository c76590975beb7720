import type { Block } from '@chip/contracts';
import { DatabaseError, type LoadSession, type PositionMove } from '@chip/persistence';
import { AppError } from '@chip/service';
import type { DeadLetters } from '../../dead-letters.ts';
import type { Loaded, Loader } from '../../loaders/loader.ts';
import type { RefusedElement } from '../../loaders/refused-element.ts';
import type { RefusalBrake } from './refusal-brake.ts';
import { countElements } from './count-elements.ts';

/** The broker does not acknowledge the dead letters of a flush: its events can be neither applied nor skipped. */
export class DeadLettersRefusedError extends AppError {
  readonly code = 'dead_letters_refused';
  readonly retriable = true;
}

/** Contiguous blocks of one source partition, trimmed to begin at the position. */
export interface FlushWork {
  readonly topic: string;
  readonly partition: number;
  readonly blocks: readonly Block[];
  /** Positions before and after. */
  readonly from: number;
  readonly to: number;
  /** Offset in the accepted topic after the last block. */
  readonly acceptedOffset: number;
  /** Greatest append time up to the last block, in ms; null before the first record. */
  readonly appendTimeMs: number | null;
}

/**
 * Applies one flush in one transaction:
 *
 * 1. BEGIN, load the rows.
 * 2. If elements are refused: ROLLBACK, send their dead letters, wait for the acknowledgement, and start over without
 *    them. No transaction is open while letters are sent: a slow broker would hold its locks.
 * 3. Move the position and COMMIT in one message.
 *
 * A letter therefore exists before the position passes its event (at least once; keys tell letters apart), and the rows
 * exist if and only if the position moved.
 *
 * @throws DatabaseError (transient, position_conflict, bug), CommitUnknownError, MostlyRejectedError,
 * DeadLettersRefusedError. The transaction is then rolled back or its session is dead.
 */
export async function flush(
  session: LoadSession,
  loader: Loader,
  work: FlushWork,
  deadLetters: DeadLetters,
  brake: RefusalBrake,
  signal: AbortSignal,
): Promise<Loaded & { refused: number }> {
  const counts = countElements(work.blocks);
  const given = loader.elements;
  let refusedByWriter = 0;
  let rejected = 0;

  for (;;) {
    signal.throwIfAborted();
    const refused = await attempt();
    if (!Array.isArray(refused)) {
      brake.note(given, rejected);
      return { ...(refused as Loaded), refused: counts.refused + refusedByWriter };
    }
    const isRejected = ({ refusal }: RefusedElement): boolean => refusal.code === 'database_rejected';
    rejected += refused.filter(isRejected).length;
    const last = refused.findLast(isRejected);
    if (last !== undefined) {
      brake.check(given, rejected, last.refusal.detail);
    }
    await sendLetters(refused.map(withReplay));
    loader.exclude(refused);
    refusedByWriter += refused.length;
  }

  async function sendLetters(refused: RefusedElement[]): Promise<void> {
    try {
      await deadLetters.send(work.topic, work.partition, refused);
    } catch (error) {
      throw new DeadLettersRefusedError(
        `the broker does not accept the dead letters of ${work.topic}/${work.partition}: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error, context: { topic: work.topic, partition: work.partition } },
      );
    }
  }

  function withReplay(element: RefusedElement): RefusedElement {
    const replay = work.blocks
      .find((block) => block.replays?.has(element.sourceOffset))
      ?.replays?.get(element.sourceOffset);
    return replay === undefined ? element : { ...element, replay };
  }

  async function attempt(): Promise<Loaded | RefusedElement[]> {
    try {
      await session.begin();
      const outcome = await loader.load(session);
      if ('refused' in outcome) {
        await session.rollback();
        return [...outcome.refused];
      }
      await session.commitMove(move(outcome));
      return outcome;
    } catch (error) {
      if (!session.dead) {
        await session.rollback();
      }
      if (!(error instanceof DatabaseError) || error.kind !== 'data') {
        throw error;
      }
      return find(error);
    }
  }

  async function find(reason: DatabaseError): Promise<RefusedElement[]> {
    await session.begin();
    let refused: readonly RefusedElement[];
    try {
      refused = await loader.findRefused(session, brake.limit(given));
    } finally {
      if (!session.dead) {
        await session.rollback();
      }
    }
    // A dead letter cannot answer a refusal that no single row causes.
    if (refused.length === 0) {
      throw reason;
    }
    return [...refused];
  }

  function move({ applied, duplicates, rows }: Loaded): PositionMove {
    return {
      topic: work.topic,
      partition: work.partition,
      expected: BigInt(work.from),
      next: BigInt(work.to),
      // The greatest, not the last: leader clocks differ, and a block read again must not look newer than everything
      // applied.
      appendTime: work.appendTimeMs === null ? null : new Date(work.appendTimeMs).toISOString(),
      acceptedOffset: BigInt(work.acceptedOffset),
      highWatermark: null,
      records: BigInt(counts.records),
      elements: BigInt(counts.elements),
      applied: BigInt(applied),
      deadLettered: BigInt(counts.refused + refusedByWriter),
      duplicates: BigInt(duplicates),
      rowsWritten: BigInt(rows),
    };
  }
}
