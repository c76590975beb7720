import { type Block, decodeBlock, recreationEvidence } from '@chip/contracts';
import type { KafkaAdmin, TopicRange, TopicRecord } from '@chip/kafka';
import {
  acceptOlderAppendTimes,
  acceptRecreation,
  type Database,
  giveUpGap,
  loadPosition,
  type NewTopic,
  type PositionChange,
  rebasePosition,
  recordRewind,
  resumePartition,
  startPosition,
  type StreamPosition,
} from '@chip/persistence';
import { InputError } from '../confirm.ts';

/** A change that was checked but not made. */
export interface Plan {
  /** What will happen, for a person to read before it does. */
  readonly lines: readonly string[];
  /** Makes the change, on record. @returns what happened, and what to watch */
  apply(): Promise<string>;
}

export interface PositionPlansParts {
  readonly database: Database;
  readonly admin: Pick<KafkaAdmin, 'topicOffsets' | 'topicId' | 'groupOffsets' | 'groupMembers' | 'setGroupOffsets'>;
  readonly read: (topic: string, range: TopicRange) => AsyncIterable<TopicRecord>;
  readonly machineTopic: string;
  readonly acceptedTopic: string;
  readonly ingestGroup: string;
  readonly writerGroup: string;
}

/** So many blocks are looked at to say what stands behind a gap. */
const LOOKED_AT = 2_000;
const WATCH = 'A running writer takes it up within 10 s: npm run positions -- show';

/** Checks what an operator wants to do with one partition against database and broker, and says what it would do. */
export class PositionPlans {
  readonly #parts: PositionPlansParts;
  readonly #change: PositionChange;

  constructor(parts: PositionPlansParts, partition: number, who: { by: string; reason: string }) {
    this.#parts = parts;
    this.#change = { topic: parts.machineTopic, partition, ...who };
  }

  /** Gives a partition its first position. */
  async init(offset: number, givenAccepted: number | undefined): Promise<Plan> {
    const existing = await this.#position();
    if (existing !== undefined)
      throw new InputError(
        `${this.#name} has a position already, ${existing.nextOffset} (${existing.state}); "init" is for partitions without one`,
      );
    const machine = await this.#range(this.#parts.machineTopic);
    if (offset > machine.high)
      throw new InputError(`--offset ${offset} is behind the end of ${this.#name}, which is ${machine.high}`);
    const accepted = await this.#range(this.#parts.acceptedTopic);
    const acceptedOffset = givenAccepted ?? accepted.low;
    if (acceptedOffset < accepted.low || acceptedOffset > accepted.high)
      throw new InputError(
        `--accepted-offset ${acceptedOffset} is not in ${this.#parts.acceptedTopic}, which has ${accepted.low} to ${accepted.high}`,
      );
    const lines = [`${this.#name} begins at ${offset}, reading ${this.#parts.acceptedTopic} from ${acceptedOffset}`];
    const next = await this.#nextBlock(acceptedOffset, offset);
    if (next !== undefined && next.coversFrom > offset)
      lines.push(
        `the first block there begins at ${next.coversFrom}: offsets ${offset} to ${next.coversFrom - 1} are a gap then; --offset ${next.coversFrom} begins behind it`,
      );
    return {
      lines,
      apply: async () => {
        await this.#parts.database.withTransaction((transaction) =>
          startPosition(transaction, {
            ...this.#change,
            offset: BigInt(offset),
            acceptedOffset: BigInt(acceptedOffset),
          }),
        );
        return `${this.#name} begins at ${offset}. ${WATCH}`;
      },
    };
  }

  /** Gives up offsets that no block contains. */
  async acceptGap(to: number): Promise<Plan> {
    const position = await this.#stopped('accept-gap');
    const from = Number(position.nextOffset);
    if (to <= from) throw new InputError(`--to ${to} is not above the position of ${this.#name}, which is ${from}`);
    const { high } = await this.#range(this.#parts.machineTopic);
    if (to > high)
      throw new InputError(
        `--to ${to} is behind the end of ${this.#name}, which is ${high}: events that do not exist yet would be given up`,
      );
    const lines = [`${this.#name} goes on at ${to}: offsets ${from} to ${to - 1} (${to - from}) are given up for good`];
    const next = await this.#nextBlock(Number(position.acceptedOffset), from);
    if (next !== undefined && next.coversFrom < to)
      lines.push(
        `of these, ${Math.max(from, next.coversFrom)} to ${to - 1} are in blocks that wait and could be applied; the gap ends at ${Math.max(from, next.coversFrom)}`,
      );
    return {
      lines,
      apply: async () => {
        await this.#parts.database.withTransaction((transaction) =>
          giveUpGap(transaction, { ...this.#change, from: BigInt(from), to: BigInt(to) }),
        );
        return `${this.#name} goes on at ${to}; the gap is on record. ${WATCH}`;
      },
    };
  }

  /** Goes on with a machine topic that was deleted and created anew. */
  async acceptRecreated(): Promise<Plan> {
    const position = await this.#position();
    if (position?.state !== 'recreated')
      throw new InputError(
        `${this.#name} is ${position === undefined ? 'without a position' : `"${position.state}"`}, not "recreated"; the writer finds out by itself as soon as it reads the first block of the new topic`,
      );
    const { acceptedTopic } = this.#parts;
    const from = Number(position.nextOffset);
    const acceptedOffset = Number(position.acceptedOffset);
    const block = await this.#blockAt(acceptedOffset);
    const first = block?.index[0];
    const appendedMs = position.appendTime === null ? null : Date.parse(position.appendTime);
    const evidence = block === undefined ? null : recreationEvidence(block, from, appendedMs);
    const [newId, oldId] = [block?.sourceTopicId ?? null, position.sourceTopicId];
    const areIdsKnown = newId !== null && oldId !== null;
    if (block === undefined || (areIdsKnown ? newId === oldId : first === undefined || evidence === null))
      throw new InputError(
        `the block at offset ${acceptedOffset} of ${acceptedTopic} is not of a new topic: blocks of the old one still wait behind a gap; deal with that first: npm run positions -- accept-gap`,
      );
    // Events below the position would be counted twice, if the topic were the old one after all.
    if (!areIdsKnown && !evidence!.isProof) return this.#acceptOlder(position);
    const lost = (position.highWatermark ?? position.nextOffset) - position.nextOffset;
    return {
      lines: [
        `${this.#name} goes on at ${block.coversFrom} of the new topic${newId === null ? '' : ` (id ${newId})`}, block ${acceptedOffset} of ${acceptedTopic} first`,
        lost > 0n
          ? `of the old topic, ${lost} offsets from ${from} were never applied and are given up`
          : `of the old topic everything known was applied, up to ${from}`,
        'the ledger of the partition begins anew; its old counters stay in the audit trail',
      ],
      apply: async () => {
        await this.#parts.database.withTransaction((transaction) =>
          acceptRecreation(transaction, {
            ...this.#change,
            from: position.nextOffset,
            offset: BigInt(block.coversFrom),
            acceptedOffset: position.acceptedOffset,
            ...(first === undefined ? {} : { appendTime: new Date(first.appendTime).toISOString() }),
            sourceTopicId: newId,
          }),
        );
        return `${this.#name} goes on at ${block.coversFrom} of the new topic. ${WATCH}`;
      },
    };
  }

  /** The brokers' clocks disagree about the topic that the position is about: position and ledger stay. */
  #acceptOlder(position: StreamPosition): Plan {
    return {
      lines: [
        `${this.#name} goes on at ${position.nextOffset}: nothing proves a new topic, the next events are only older than what is applied, as after a step of a broker's clock`,
        'events below the position stay what they are: applied before',
      ],
      apply: async () => {
        await this.#parts.database.withTransaction((transaction) =>
          acceptOlderAppendTimes(transaction, { ...this.#change, from: position.nextOffset }),
        );
        return `${this.#name} goes on at ${position.nextOffset}. ${WATCH}`;
      },
    };
  }

  /** Lets a stopped partition try again. */
  async resume(skipsBlock: boolean): Promise<Plan> {
    const position = await this.#stopped('resume');
    const at = position.acceptedOffset;
    if (skipsBlock && position.state !== 'malformed_block' && position.state !== 'unsupported_block')
      throw new InputError(
        `--skip-block is for "malformed_block" and "unsupported_block"; ${this.#name} is "${position.state}"`,
      );
    return {
      lines: [
        `${this.#name}, "${position.state}" since ${position.stateSince}, tries again from ${position.nextOffset}`,
        ...(skipsBlock
          ? [
              `block ${at} of ${this.#parts.acceptedTopic} is passed by; what it held is a gap until ingest has read it again: npm run positions -- rewind-ingest ${this.#change.topic} ${this.#change.partition} --to ${position.nextOffset}`,
            ]
          : []),
      ],
      apply: async () => {
        await this.#parts.database.withTransaction((transaction) =>
          resumePartition(transaction, {
            ...this.#change,
            from: position.nextOffset,
            ...(skipsBlock ? { skippedBlock: at } : {}),
          }),
        );
        return `${this.#name} tries again. ${WATCH}`;
      },
    };
  }

  /**
   * Goes on on another Kafka cluster. What its machine topic holds below `givenOffset` (default: all of it) counts as
   * applied before.
   */
  async rebase(givenOffset: number | undefined): Promise<Plan> {
    const { admin, machineTopic, acceptedTopic, ingestGroup, database } = this.#parts;
    const { partition } = this.#change;
    const position = await this.#position();
    if (position === undefined)
      throw new InputError(`${this.#name} has no position; on a new cluster the writer gives it one by itself`);
    const [sourceTopicId, acceptedTopicId] = [await admin.topicId(machineTopic), await admin.topicId(acceptedTopic)];
    if (sourceTopicId === position.sourceTopicId)
      throw new InputError(
        `${machineTopic} of these brokers has the id ${sourceTopicId}, which is the one that the position is about: this is the old cluster; set KAFKA_BROKERS to the new one`,
      );
    const machine = await this.#range(machineTopic);
    const accepted = await this.#range(acceptedTopic);
    const offset = givenOffset ?? machine.high;
    if (offset < machine.low || offset > machine.high)
      throw new InputError(`--offset ${offset} is not in ${this.#name}, which has ${machine.low} to ${machine.high}`);
    const waiting = (position.highWatermark ?? position.nextOffset) - position.nextOffset;
    if (waiting > 0n && givenOffset === undefined)
      throw new InputError(
        `${waiting} offsets of the old cluster from ${position.nextOffset} are not applied: let ingest and writer finish there first (npm run positions -- show), or say by --offset where they begin on the new one`,
      );
    for (const group of [ingestGroup, this.#parts.writerGroup]) {
      const members = await admin.groupMembers(group);
      if (members > 0)
        throw new InputError(
          `consumer group ${group} has ${members} members: stop every ingest and every writer first, and start them again afterwards`,
        );
    }
    const rebase: NewTopic = {
      from: position.nextOffset,
      offset: BigInt(offset),
      acceptedOffset: BigInt(accepted.high),
      sourceTopicId,
      acceptedTopicId,
    };
    return {
      lines: [
        `${this.#name} leaves ${position.nextOffset} of the old cluster and goes on at ${offset} of the new one (id ${sourceTopicId})`,
        `of the new machine topic, offsets ${machine.low} to ${offset - 1} count as applied before; ingest begins at ${offset}`,
        `blocks of ${acceptedTopic} below ${accepted.high} are passed by`,
        ...(waiting > 0n
          ? [`${waiting} offsets of the old cluster are given up, but for what stands from ${offset} on`]
          : []),
        'the ledger of the partition begins anew; its old counters stay in the audit trail',
      ],
      apply: async () => {
        // Ingest first: should the database refuse, ingest starts later than need be, and the old position still stands.
        await admin.setGroupOffsets(ingestGroup, machineTopic, new Map([[partition, offset]]));
        await database.withTransaction((transaction) => rebasePosition(transaction, { ...this.#change, ...rebase }));
        return `${this.#name} goes on at ${offset}. Start writer and ingest, then let the machines publish.`;
      },
    };
  }

  /** Makes ingest read a part of the machine topic once more. */
  async rewindIngest(to: number): Promise<Plan> {
    const { admin, machineTopic, ingestGroup } = this.#parts;
    const { partition } = this.#change;
    const { low, high } = await this.#range(machineTopic);
    if (to < low || to > high)
      throw new InputError(
        `--to ${to} is not in ${this.#name}, which has ${low} to ${high}; what is below was deleted`,
      );
    const committed = (await admin.groupOffsets(ingestGroup, machineTopic)).get(partition) ?? null;
    if (committed !== null && to > committed)
      throw new InputError(
        `--to ${to} is ahead of ingest, which stands at ${committed}: offsets ${committed} to ${to - 1} would be left out`,
      );
    const members = await admin.groupMembers(ingestGroup);
    if (members > 0)
      throw new InputError(
        `consumer group ${ingestGroup} has ${members} members, and Kafka lets nobody set its offsets meanwhile. Stop every ingest (kubectl scale deployment/ingest --replicas=0, or npm stop), wait 10 s if one was killed, run this again with the brokers up, then start ingest`,
      );
    const position = await this.#position();
    const note = (outcome: 'requested' | 'done' | 'failed'): Promise<void> =>
      this.#parts.database.withTransaction((transaction) =>
        recordRewind(transaction, { ...this.#change, from: committed, to, outcome }),
      );
    return {
      lines: [
        `ingest reads ${this.#name} again from ${to}${committed === null ? '' : `, ${committed - to} offsets back`}`,
        ...(position === undefined
          ? []
          : [`the writer stands at ${position.nextOffset} and passes by everything below; nothing is applied twice`]),
      ],
      apply: async () => {
        await note('requested');
        try {
          await admin.setGroupOffsets(ingestGroup, machineTopic, new Map([[partition, to]]));
        } catch (error) {
          await note('failed');
          throw error;
        }
        await note('done');
        return `ingest reads ${this.#name} again from ${to} as soon as it is started.`;
      },
    };
  }

  get #name(): string {
    return `${this.#change.topic}/${this.#change.partition}`;
  }

  #position(): Promise<StreamPosition | undefined> {
    return loadPosition(this.#parts.database, this.#change.topic, this.#change.partition);
  }

  /** The position of a partition that stands still. */
  async #stopped(command: string): Promise<StreamPosition> {
    const position = await this.#position();
    if (position === undefined)
      throw new InputError(`${this.#name} has no position; give it one: npm run positions -- init`);
    if (position.state === 'running')
      throw new InputError(
        `${this.#name} is running at ${position.nextOffset}; "${command}" is for partitions that stand still`,
      );
    return position;
  }

  async #range(topic: string): Promise<{ low: number; high: number }> {
    const range = (await this.#parts.admin.topicOffsets(topic)).get(this.#change.partition);
    if (range === undefined) throw new InputError(`${topic} has no partition ${this.#change.partition}`);
    return range;
  }

  async #blockAt(offset: number): Promise<Block | undefined> {
    for await (const block of this.#blocks(offset)) return block;
    return undefined;
  }

  /** The first block from `acceptedOffset` on that holds anything at or above `position`. */
  async #nextBlock(acceptedOffset: number, position: number): Promise<Block | undefined> {
    let looked = 0;
    for await (const block of this.#blocks(acceptedOffset)) {
      if (block !== undefined && block.coversTo > position) return block;
      if (++looked === LOOKED_AT) break;
    }
    return undefined;
  }

  async *#blocks(from: number): AsyncGenerator<Block | undefined> {
    const { partition } = this.#change;
    const range: TopicRange = { partitions: [partition], from: new Map([[partition, from]]) };
    for await (const { headers, value } of this.#parts.read(this.#parts.acceptedTopic, range)) {
      let block: Block | undefined;
      try {
        block = decodeBlock(headers, value);
      } catch {
        // A block that cannot be read stops the writer, not whoever looks what stands around it.
      }
      yield block;
    }
  }
}
