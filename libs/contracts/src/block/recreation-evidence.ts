import type { Block } from './block.ts';

/** Leader clocks differ: an append time may step back by this much without the topic being a new one. */
const CLOCK_TOLERANCE_MS = 5_000;

/** Why a block seems to be of another topic than a position is about. */
export interface RecreationEvidence {
  readonly reason: string;
  /** Whether it holds whatever the clocks of the brokers do: a record never changes the append time it has. */
  readonly isProof: boolean;
}

/**
 * What the append times say against a block being of the topic that a position is about, or null. An event below the
 * position that is younger than all applied ones was never applied: it is of a topic that was deleted and created again.
 * One above the position that is older says the same as long as the brokers' clocks agree. The ids of the topics say it
 * better, see `Block.sourceTopicId`.
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
  const above = block.index.findIndex((event) => event.offset >= position);
  const below = above === -1 ? block.index.at(-1) : block.index[above - 1];
  const next = above === -1 ? undefined : block.index[above];
  if (below !== undefined && below.appendTime > appendTimeMs) {
    return {
      reason: `offset ${below.offset} was applied before, but this record was appended after everything applied: the topic was created anew`,
      isProof: true,
    };
  }
  if (next !== undefined && next.appendTime < appendTimeMs - CLOCK_TOLERANCE_MS) {
    return {
      reason: `offset ${next.offset} was appended before what is applied already: the topic was created anew`,
      isProof: false,
    };
  }
  return null;
}
