import { type Block, type BlockEvent, totalsOf } from './block.ts';

/** Clocks of leaders differ: an append time may step back by this much within one topic. */
const CLOCK_TOLERANCE_MS = 5_000;

/** Why a block seems to come from another topic than the one that a position belongs to. */
export interface RecreationEvidence {
  readonly reason: string;
  /** Whether it holds however the brokers' clocks behave: a record never changes its append time. */
  readonly isProof: boolean;
}

/**
 * Evidence in the append times that a block does not come from the topic of a position, or null. An event below the
 * position that is younger than every applied event was never applied: its topic was deleted and recreated. An older
 * event above the position means the same, provided that the brokers' clocks agree. Topic ids are better evidence, see
 * `Block.sourceTopicId`.
 *
 * @param position first source offset that is not applied yet
 * @param appendTimeMs greatest append time applied; null before the first record
 */
export function recreationEvidence(
  block: Block,
  position: number,
  appendTimeMs: number | null,
): RecreationEvidence | null {
  if (appendTimeMs === null) {
    return null;
  }
  const [below, next] = around(block, position);
  if (below !== undefined && below.appendTime > appendTimeMs) {
    return {
      reason: `offset ${below.offset} is already applied, but this record was appended after everything applied: the topic was recreated`,
      isProof: true,
    };
  }
  if (next !== undefined && next.appendTime < appendTimeMs - CLOCK_TOLERANCE_MS) {
    return {
      reason: `offset ${next.offset} was appended before records that are already applied: the topic was recreated`,
      isProof: false,
    };
  }
  return null;
}

type Place = Pick<BlockEvent, 'offset' | 'appendTime'> | undefined;

/** The last event below `position` and the first one at or above it. */
function around(block: Block, position: number): [below: Place, next: Place] {
  if (position <= block.coversFrom) {
    return [undefined, totalsOf(block).first ?? undefined];
  }
  const above = block.index.findIndex((event) => event.offset >= position);
  return above === -1 ? [block.index.at(-1), undefined] : [block.index[above - 1], block.index[above]];
}
