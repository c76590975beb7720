import {
  type Block,
  decodeBlock,
  MalformedBlockError,
  type PartitionState,
  recreationEvidence,
  UnsupportedBlockError,
} from '@chip/contracts';
import type { KafkaRecord } from '@chip/kafka';
import type { Logger } from '@chip/service';
import type { PartitionWriterParts } from './partition-writer.parts.ts';

/** Disagreeing clocks disagree for every block: one warning per partition and minute. */
const CLOCK_WARNING_MS = 60_000;

/** What a block is compared with: the position, or where the blocks before it will have moved it. */
interface Applied {
  readonly to: number;
  readonly appendTimeMs: number | null;
  readonly sourceTopicId: string | null;
}

/** Reads the blocks of one partition, and checks that they belong to the topic of its position. */
export class BlockReader {
  readonly #source: Pick<PartitionWriterParts, 'sourceTopic' | 'partition'>;
  readonly #logger: Logger;
  #clockWarnedAt = -Infinity;

  constructor(source: Pick<PartitionWriterParts, 'sourceTopic' | 'partition'>, logger: Logger) {
    this.#source = source;
    this.#logger = logger;
  }

  /** The block of a record, or why the partition cannot go past it. */
  decode({ headers, value, offset }: KafkaRecord): Block | { stop: PartitionState; reason: string } {
    try {
      const block = decodeBlock(headers, value);
      if (block.sourceTopic !== this.#source.sourceTopic || block.sourcePartition !== this.#source.partition) {
        throw new MalformedBlockError('it belongs to another source partition');
      }
      return block;
    } catch (error) {
      if (!(error instanceof UnsupportedBlockError || error instanceof MalformedBlockError)) {
        throw error;
      }
      return { stop: error.code, reason: `accepted offset ${offset}: ${error.message}` };
    }
  }

  /**
   * Why a block belongs to a different machine topic than the position, or null. If both ids are known, they decide:
   * append times that step back then only mean that the brokers' clocks disagree.
   */
  otherTopic(block: Block, { to, appendTimeMs, sourceTopicId }: Applied): string | null {
    const evidence = recreationEvidence(block, to, appendTimeMs);
    if (block.sourceTopicId === undefined || sourceTopicId === null) {
      return evidence?.reason ?? null;
    }
    if (block.sourceTopicId !== sourceTopicId) {
      return `the block belongs to the topic with id ${block.sourceTopicId}, the position to the one with id ${sourceTopicId}: the topic was recreated`;
    }
    if (evidence !== null && performance.now() - this.#clockWarnedAt > CLOCK_WARNING_MS) {
      this.#clockWarnedAt = performance.now();
      this.#logger.warn({ offset: block.coversFrom }, 'broker_clocks_disagree');
    }
    return null;
  }
}
