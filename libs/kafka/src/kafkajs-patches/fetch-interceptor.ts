import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Broker, type Cluster } from 'kafkajs';
import { DecompressionBudget } from '../records/codecs.ts';
import {
  committedBatches,
  endOffset,
  endOfUndecodable,
  type FetchedPartition,
  type FetchResponse,
} from '../records/fetch-response.ts';
import { isGroupLost, kafkaErrorType } from '../kafka.error.ts';
import type { FetchOutcome, UndecodableRange } from '../records/kafka-record.ts';
import { fetchUndecoded, standIn } from './undecoded-fetch.ts';
import { useMemory } from '../records/lent-memory.ts';
import { RecordSet } from '../records/record-set.ts';

interface PartitionRequest {
  readonly partition: number;
  fetchOffset: string;
  readonly maxBytes: number;
}

export interface FetchRequest {
  readonly isolationLevel?: number;
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly PartitionRequest[] }[];
  readonly minBytes?: number;
  readonly maxBytes?: number;
  readonly maxWaitTime?: number;
}

/** A broker's `fetch`, as kafkajs implements it. */
export type Fetch = (request: FetchRequest) => Promise<FetchResponse>;

interface JoinRequest {
  readonly memberId: string;
}

type Heartbeat = (request: object) => Promise<unknown>;

type JoinGroup = (request: JoinRequest) => Promise<{ memberId: string }>;

type CommittedOffsets = Record<string, Record<string, string>>;

/** Gives the broker time to delete the offsets of a deleted topic, and keeps a missing one from a busy loop. */
const MISSING_TOPIC_PAUSE_MS = 1_000;

/** An error that makes kafkajs's runner rejoin the group. */
export function rebalanceError(message: string, cause?: unknown): Error {
  const ProtocolError = kafkajs.KafkaJSProtocolError as unknown as new (error: {
    message: string;
    type: string;
    retriable: boolean;
  }) => Error;
  const error = new ProtocolError({ message, type: 'REBALANCE_IN_PROGRESS', retriable: true });
  if (cause !== undefined) {
    error.cause = cause;
  }
  return error;
}

/** What the interceptor knows about the records of one partition in one fetch: the part of a batch that needs no consumer. */
export interface FetchFacts extends FetchOutcome {
  /** Memory that the records take. */
  readonly bytes: number;
  /** Gives it back; the records and their buffers are then empty. */
  readonly release: () => void;
}

/** The consumer's decisions, and the events it needs. */
export interface FetchPolicy {
  /** Names on the brokers. */
  readonly names: { readonly topic: string; readonly group: string };
  readonly assignment: number;
  /** Offset to read `partition` from; `proposed` is kafkajs's own choice (the committed offset of this assignment). */
  offsetFor(topic: string, partition: number, proposed: number): number;
  onFetched(topic: string, partition: number, facts: FetchFacts): void;
  /** How long a broker may wait, in ms, and for how many bytes. */
  readonly patience: { readonly maxWaitTime: number; readonly minBytes: number };
  /** Whether memory allows another fetch. */
  readonly hasRoom: boolean;
  /** Resolves when that may have changed, and after `maxMs` anyway. */
  roomChange(maxMs: number): Promise<void>;
  /** Why the consumer must rejoin its group; thrown into kafkajs's fetch loop, which then rejoins. */
  readonly rejoinReason: Error | undefined;
  /** A request to join is about to be sent: the current assignment is over. */
  onJoining(): void;
  /** The coordinator has confirmed the membership. */
  onConfirmed(): void;
  /** The coordinator says that the current assignment is over or about to end. */
  onLost(error: Error): void;
}

/** Decompressed bytes per compressed byte, assumed before the first fetch. */
const ASSUMED_RATIO = 4;
/** Share of the decompression budget that a fetch aims at: while handled, records take several times their bytes. */
const COMFORT = 0.125;
const MIN_FETCH_BYTES = 64 * 1024;
/** Pause before the fetch loop checks again whether it may read, in ms. */
export const TURN_MS = 20;
/** The fetch loop waits for room no longer than this, in ms: it also has to send heartbeats and to join again. */
const MAX_ROOM_WAIT_MS = 500;

/**
 * Sits between kafkajs's consumer group and its brokers, and makes the fetch safe.
 *
 * kafkajs hands its cluster object to partition assigners (public API). Replacing `findBroker` on that one object
 * routes every broker's `fetch`, `joinGroup` and `heartbeat` through here:
 *
 * - **Offsets are ours.** Each request gets the position that we keep per assignment. kafkajs's own seeks outlive the
 *   assignment, and its resolved offsets need eachBatch's cooperation.
 * - **OFFSET_OUT_OF_RANGE** becomes an empty answer with `outOfRange` facts. kafkajs would commit "earliest" and go on
 *   (issues 1119, 580).
 * - **The end of an assignment** is reported at once, when the coordinator announces it or a join is sent. kafkajs
 *   reports only the new assignment, when others may already work for the partitions.
 * - **A request to rejoin** is thrown into the loop where it fetches.
 * - **Memory** is checked before each fetch; without room the loop only sends its heartbeats.
 * - **A missing topic** makes the consumer forget its positions, see `#afterMissingTopic`.
 * - **Records stay bytes**, see `fetchUndecoded`. kafkajs carries one stand-in per partition to eachBatch, even for an
 *   answer with only transaction markers: kafkajs itself would report that by an event that cannot be awaited.
 */
export class FetchInterceptor {
  readonly #tamed = new WeakSet<Broker>();
  readonly #facts = new WeakMap<readonly unknown[], FetchFacts>();
  readonly #policy: FetchPolicy;
  readonly #budgetBytes: number;
  #cluster: Cluster | undefined;
  #ratio = ASSUMED_RATIO;
  #memberId = '';

  constructor(policy: FetchPolicy, budgetBytes: number) {
    this.#policy = policy;
    this.#budgetBytes = budgetBytes;
  }

  /** Called once per consumer, before it connects. */
  attach(cluster: Cluster): void {
    this.#cluster = cluster;
    const findBroker = cluster.findBroker.bind(cluster);
    cluster.findBroker = async (node) => {
      const broker = await findBroker(node);
      if (!this.#tamed.has(broker)) {
        this.#tamed.add(broker);
        const { fetch, joinGroup, heartbeat } = broker as unknown as {
          fetch: Fetch;
          joinGroup: JoinGroup;
          heartbeat: Heartbeat;
        };
        Object.assign(broker, {
          fetch: (request: FetchRequest) => this.#fetch((inner) => fetch.call(broker, inner), request),
          joinGroup: (request: JoinRequest) => this.#joinGroup((inner) => joinGroup.call(broker, inner), request),
          heartbeat: (request: object) => this.#heartbeat(() => heartbeat.call(broker, request)),
        });
      }
      return broker;
    };
  }

  /** The member id with which the consumer joined or is joining; empty before. */
  get memberId(): string {
    return this.#memberId;
  }

  /** Facts about the messages array that kafkajs passes as `batch.rawMessages`. */
  factsOf(rawMessages: readonly unknown[]): FetchFacts | undefined {
    return this.#facts.get(rawMessages);
  }

  /**
   * kafkajs forgets its member id when it restarts a crashed consumer, for example after a broker's restart. The group
   * would take it for a new member and wait for the old one, up to the session timeout.
   */
  async #joinGroup(joinGroup: JoinGroup, request: JoinRequest): Promise<{ memberId: string }> {
    this.#policy.onJoining();
    try {
      // The broker refuses a first join with an id; the client repeats the join with it.
      this.#memberId = request.memberId || this.#memberId;
      const joined = await joinGroup({ ...request, memberId: this.#memberId });
      this.#memberId = joined.memberId;
      this.#policy.onConfirmed();
      return joined;
    } catch (error) {
      // Unknown by now (left or expired): the next attempt, kafkajs's own, requests a new membership.
      if (kafkaErrorType(error) === 'UNKNOWN_MEMBER_ID') {
        this.#memberId = '';
      }
      throw error;
    }
  }

  async #heartbeat(heartbeat: () => Promise<unknown>): Promise<unknown> {
    const { assignment } = this.#policy;
    try {
      const answer = await heartbeat();
      this.#policy.onConfirmed();
      return answer;
    } catch (error) {
      // A heartbeat sent for an earlier assignment says nothing about the current one.
      if (isGroupLost(error) && assignment === this.#policy.assignment) {
        this.#policy.onLost(error as Error);
      }
      throw error;
    }
  }

  #throwIfRejoining(): void {
    const { rejoinReason } = this.#policy;
    if (rejoinReason !== undefined) {
      throw rejoinReason;
    }
  }

  async #fetch(fetch: Fetch, request: FetchRequest): Promise<FetchResponse> {
    this.#throwIfRejoining();
    if (!this.#policy.hasRoom) {
      // A turn of kafkajs's loop costs most of a millisecond: fifty a second would be a twentieth of a processor.
      await this.#policy.roomChange(MAX_ROOM_WAIT_MS);
      return { responses: [] };
    }
    const { assignment } = this.#policy;
    for (const { topic, partitions } of request.topics) {
      for (const partition of partitions) {
        partition.fetchOffset = String(
          this.#policy.offsetFor(topic, partition.partition, Number(partition.fetchOffset)),
        );
      }
    }
    const budget = new DecompressionBudget(this.#budgetBytes);
    let response: FetchResponse;
    try {
      response = await fetchUndecoded(budget, () => fetch(this.#comfortable(request)));
    } catch (error) {
      throw kafkaErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION' ? await this.#afterMissingTopic(error) : error;
    }
    this.#learnRatio(budget);
    for (const { topicName, partitions } of response.responses) {
      const asked = request.topics.find(({ topic }) => topic === topicName)?.partitions;
      for (const answer of partitions) {
        const fetchOffset = Number(asked?.find(({ partition }) => partition === answer.partition)?.fetchOffset);
        await this.#examine(topicName, answer, fetchOffset, assignment);
      }
    }
    this.#throwIfRejoining();
    return response;
  }

  /** Requests no more bytes than will decompress to a comfortable size, judging by the previous fetch. */
  #comfortable(request: FetchRequest): FetchRequest {
    const comfortable = Math.max(MIN_FETCH_BYTES, Math.floor((this.#budgetBytes * COMFORT) / this.#ratio));
    return {
      ...request,
      maxBytes: Math.min(request.maxBytes ?? Infinity, comfortable),
      ...this.#policy.patience,
    };
  }

  #learnRatio({ compressedBytes, decompressedBytes }: DecompressionBudget): void {
    if (compressedBytes > 0) {
      this.#ratio = Math.max(1, decompressedBytes / compressedBytes);
    }
  }

  /**
   * The topic is gone, temporarily or deleted. A topic recreated under the same name begins at offset 0, and the
   * positions in memory would skip its first records. Rejoining forgets them; the offsets committed at the broker,
   * which it deletes together with their topic, then decide. kafkajs would answer from its own copy of them.
   */
  async #afterMissingTopic(cause: unknown): Promise<Error> {
    const { topic, group: groupId } = this.#policy.names;
    const cluster = this.#cluster as unknown as { committedOffsets(group: { groupId: string }): CommittedOffsets };
    const copy = cluster.committedOffsets({ groupId })[topic] ?? {};
    for (const partition of Object.keys(copy)) {
      delete copy[partition];
    }
    await sleep(MISSING_TOPIC_PAUSE_MS);
    return rebalanceError('the topic is missing', cause);
  }

  async #offset(topic: string, partition: number, fromBeginning: boolean): Promise<number> {
    const offsets = await this.#cluster?.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning }]);
    return Number(offsets?.[0]?.partitions[0]?.offset);
  }

  async #examine(topic: string, answer: FetchedPartition, fetchOffset: number, assignment: number): Promise<void> {
    const { partition } = answer;
    const batches = committedBatches(answer);
    const facts = answer.isOutOfRange
      ? await this.#outOfRange(topic, partition, fetchOffset, assignment)
      : {
          assignment,
          records: new RecordSet(batches, fetchOffset),
          bytes: batches.reduce((sum, { bytes }) => sum + bytes.length, 0),
          release: useMemory(batches.map(({ bytes }) => bytes)),
          fetchOffset,
          nextOffset: endOffset(answer, fetchOffset),
          highWatermark: Number(answer.highWatermark),
          lastStableOffset: answer.lastStableOffset,
          logStartOffset: answer.logStartOffset,
          outOfRange: null,
          undecodable: undecodableRange(answer, fetchOffset),
        };
    // Already resolved (a replica was behind its leader): the next fetch will show.
    if (facts === undefined) {
      return;
    }
    if (facts.nextOffset > fetchOffset || facts.outOfRange !== null || facts.undecodable !== null) {
      answer.messages = [standIn(Math.max(fetchOffset, facts.nextOffset - 1))];
    }
    this.#facts.set(answer.messages, facts);
    this.#policy.onFetched(topic, partition, facts);
  }

  async #outOfRange(
    topic: string,
    partition: number,
    fetchOffset: number,
    assignment: number,
  ): Promise<FetchFacts | undefined> {
    const [low, high] = await Promise.all([
      this.#offset(topic, partition, true),
      this.#offset(topic, partition, false),
    ]);
    if (fetchOffset >= low && fetchOffset <= high) {
      return undefined;
    }
    return {
      assignment,
      records: [],
      bytes: 0,
      release: () => {},
      fetchOffset,
      nextOffset: fetchOffset,
      highWatermark: high,
      lastStableOffset: high,
      logStartOffset: low,
      outOfRange: { low, high },
      undecodable: null,
    };
  }
}

function undecodableRange(answer: FetchedPartition, fetchOffset: number): UndecodableRange | null {
  const { undecodable, highWatermark } = answer;
  return undecodable === null
    ? null
    : {
        from: fetchOffset,
        to: endOfUndecodable(undecodable, fetchOffset, Number(highWatermark)),
        reason: undecodable.reason,
      };
}
