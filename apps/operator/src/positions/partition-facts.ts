import { type Block, decodeBlock } from '@chip/contracts';
import type { KafkaAdmin, TopicRange, TopicRecord } from '@chip/kafka';
import { type Database, loadPosition, type PositionChange, type StreamPosition } from '@chip/persistence';
import { InputError } from '@chip/service';

export interface Parts {
  readonly database: Database;
  readonly admin: Pick<KafkaAdmin, 'topicOffsets' | 'topicId' | 'groupOffsets' | 'groupMembers' | 'setGroupOffsets'>;
  readonly read: (topic: string, range: TopicRange) => AsyncIterable<TopicRecord>;
  readonly machineTopic: string;
  readonly acceptedTopic: string;
  readonly ingestGroup: string;
  readonly writerGroup: string;
}

/** Maximum number of blocks read to describe what follows a gap. */
const MAX_BLOCKS = 2_000;

/** What database and broker know about one partition, for the plans that change it. */
export class PartitionFacts {
  readonly parts: Parts;
  readonly change: PositionChange;

  constructor(parts: Parts, partition: number, who: { by: string; reason: string }) {
    this.parts = parts;
    this.change = { topic: parts.machineTopic, partition, ...who };
  }

  get name(): string {
    return `${this.change.topic}/${this.change.partition}`;
  }

  position(): Promise<StreamPosition | undefined> {
    return loadPosition(this.parts.database, this.change.topic, this.change.partition);
  }

  /** The position of a stopped partition. */
  async stopped(command: string): Promise<StreamPosition> {
    const position = await this.position();
    if (position === undefined) {
      throw new InputError(`${this.name} has no position; give it one: npm run positions -- init`);
    }
    if (position.state === 'running') {
      throw new InputError(`${this.name} is running at ${position.nextOffset}; "${command}" is for stopped partitions`);
    }
    return position;
  }

  async range(topic: string): Promise<{ low: number; high: number }> {
    const range = (await this.parts.admin.topicOffsets(topic)).get(this.change.partition);
    if (range === undefined) {
      throw new InputError(`${topic} has no partition ${this.change.partition}`);
    }
    return range;
  }

  async blockAt(offset: number): Promise<Block | undefined> {
    for await (const block of this.#blocks(offset)) {
      return block;
    }
    return undefined;
  }

  /** The first block from `acceptedOffset` on that contains anything at or above `position`. */
  async nextBlock(acceptedOffset: number, position: number): Promise<Block | undefined> {
    let looked = 0;
    for await (const block of this.#blocks(acceptedOffset)) {
      if (block !== undefined && block.coversTo > position) {
        return block;
      }
      if (++looked === MAX_BLOCKS) {
        break;
      }
    }
    return undefined;
  }

  async *#blocks(from: number): AsyncGenerator<Block | undefined> {
    const { partition } = this.change;
    const range: TopicRange = { partitions: [partition], from: new Map([[partition, from]]) };
    for await (const { headers, value } of this.parts.read(this.parts.acceptedTopic, range)) {
      let block: Block | undefined;
      try {
        block = decodeBlock(headers, value);
      } catch {
        // An unreadable block stops the writer, not a look at its neighbours.
      }
      yield block;
    }
  }
}
