import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Broker, type Cluster } from 'kafkajs';
import { DecompressionBudget, UndecodableBatchError, withDecompressionBudget } from './codecs.ts';
import { kafkaErrorType } from './kafka.error.ts';

/** A record as kafkajs decodes it. */
export interface RawMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly isControlRecord: boolean;
  readonly batchContext?: {
    readonly firstOffset: string;
    readonly lastOffsetDelta: number;
    readonly producerId: string;
    readonly inTransaction: boolean;
  };
}

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

interface PartitionResponse {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset?: string;
  readonly lastStartOffset?: string;
  readonly preferredReadReplica?: number;
  abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[];
  messages: RawMessage[];
}

interface FetchResponse {
  readonly responses: { readonly topicName: string; readonly partitions: PartitionResponse[] }[];
}

/** A broker's `fetch`, as kafkajs implements it. */
export type Fetch = (request: FetchRequest) => Promise<FetchResponse>;

interface JoinRequest {
  readonly memberId: string;
}

type JoinGroup = (request: JoinRequest) => Promise<{ memberId: string }>;

type CommittedOffsets = Record<string, Record<string, string>>;

/** Time for the broker to delete the offsets of a deleted topic; also keeps a lasting absence from becoming a busy loop. */
const MISSING_TOPIC_PAUSE_MS = 1_000;

/** In this form kafkajs's runner joins the group again. */
export function rebalanceError(message: string, cause?: unknown): Error {
  const ProtocolError = kafkajs.KafkaJSProtocolError as unknown as new (error: {
    message: string;
    type: string;
    retriable: boolean;
  }) => Error;
  const error = new ProtocolError({ message, type: 'REBALANCE_IN_PROGRESS', retriable: true });
  if (cause !== undefined) error.cause = cause;
  return error;
}

/** What the interceptor knows about the records of one partition in one fetch. */
export interface FetchFacts {
  readonly assignment: number;
  readonly fetchOffset: number;
  readonly nextOffset: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly outOfRange: { readonly low: number; readonly high: number } | null;
}

/** What the consumer decides and wants to know. */
export interface FetchPolicy {
  readonly topic: string;
  readonly groupId: string;
  readonly assignment: number;
  /** Offset to read `partition` from; `proposed` is kafkajs's own idea (the committed offset of this assignment). */
  offsetFor(topic: string, partition: number, proposed: number): number;
  onFetched(topic: string, partition: number, facts: FetchFacts): void;
  /** The batch at `offset` cannot be read and never will be. */
  onUndecodable(topic: string, partition: number, offset: number, reason: string): void;
  /** A whole response was received. */
  onResponse(): void;
}

/** Bytes per compressed byte before the first fetch has told. */
const ASSUMED_RATIO = 4;
/** Share of the decompression budget that a fetch aims at: records cost several times their bytes while they are handled. */
const COMFORT = 0.25;
const MIN_FETCH_BYTES = 64 * 1024;

/**
 * Stands between kafkajs's consumer group and its brokers, and makes the fetch safe.
 *
 * kafkajs hands its cluster object to partition assigners (public API); its `findBroker` is replaced on that one
 * object so that every broker's `fetch` and `joinGroup` go through here:
 *
 * - **Offsets are ours.** Each request gets the position that we keep per assignment. kafkajs's own seeks outlive the
 *   assignment they were made for, and its resolved offsets need eachBatch's cooperation.
 * - **OFFSET_OUT_OF_RANGE** becomes an empty answer with `outOfRange` facts. kafkajs would commit "earliest" and go on
 *   (issues 1119, 580).
 * - **A missing topic** makes the consumer forget its positions, see `#afterMissingTopic`.
 * - **Markers.** A fetch that holds only transaction markers or aborted records reaches eachBatch through one stand-in
 *   message; kafkajs reports it only by an event that nobody can await.
 * - **Aborted records** are filtered here: kafkajs starts at most one aborted transaction per message and relies on
 *   the broker's order, so that with two of them records of an aborted transaction get through.
 * - **Every partition gets its turn**, see `#inTurn`.
 * - **Decompression** is bounded for the whole response. When it does not fit, partitions are fetched one by one until
 *   the budget is used; a single batch that does not fit, or is damaged, concerns its partition alone.
 */
export class FetchInterceptor {
  readonly #tamed = new WeakSet<Broker>();
  readonly #facts = new WeakMap<readonly RawMessage[], FetchFacts>();
  readonly #policy: FetchPolicy;
  readonly #budgetBytes: number;
  #cluster: Cluster | undefined;
  #turn = 0;
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
        const { fetch, joinGroup } = broker as unknown as { fetch: Fetch; joinGroup: JoinGroup };
        Object.assign(broker, {
          fetch: (request: FetchRequest) => this.#fetch((inner) => fetch.call(broker, inner), request),
          joinGroup: (request: JoinRequest) => this.#joinGroup((inner) => joinGroup.call(broker, inner), request),
        });
      }
      return broker;
    };
  }

  /** Facts about the messages array that kafkajs passes on as `batch.rawMessages`. */
  factsOf(rawMessages: readonly RawMessage[]): FetchFacts | undefined {
    return this.#facts.get(rawMessages);
  }

  /**
   * kafkajs forgets its member id when it starts a crashed consumer anew, for example after a broker's restart. The
   * group would then wait for the member that it takes for another one, up to the session time-out.
   */
  async #joinGroup(joinGroup: JoinGroup, request: JoinRequest): Promise<{ memberId: string }> {
    try {
      const joined = await joinGroup({ ...request, memberId: request.memberId || this.#memberId });
      this.#memberId = joined.memberId;
      return joined;
    } catch (error) {
      // Not known any more (left, or expired): the next attempt, kafkajs's own, is for a new membership.
      if (kafkaErrorType(error) === 'UNKNOWN_MEMBER_ID') this.#memberId = '';
      throw error;
    }
  }

  async #fetch(fetch: Fetch, request: FetchRequest): Promise<FetchResponse> {
    const { assignment } = this.#policy;
    for (const { topic, partitions } of request.topics) {
      for (const partition of partitions) {
        partition.fetchOffset = String(
          this.#policy.offsetFor(topic, partition.partition, Number(partition.fetchOffset)),
        );
      }
    }
    let response: FetchResponse;
    try {
      response = await this.#fetchBounded(fetch, this.#inTurn(request), assignment);
    } catch (error) {
      throw kafkaErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION' ? await this.#afterMissingTopic(error) : error;
    }
    for (const { topicName, partitions } of response.responses) {
      for (const partition of partitions) this.#examine(topicName, partition, request, assignment);
    }
    this.#policy.onResponse();
    return response;
  }

  async #fetchBounded(fetch: Fetch, request: FetchRequest, assignment: number): Promise<FetchResponse> {
    const budget = new DecompressionBudget(this.#budgetBytes);
    try {
      const response = await withDecompressionBudget(budget, () => fetch(this.#comfortable(request)));
      this.#learnRatio(budget);
      return response;
    } catch (error) {
      if (!isOutOfRange(error) && !isUndecodable(error)) throw error;
      this.#learnRatio(budget);
      return this.#fetchOneByOne(fetch, request, assignment);
    }
  }

  /**
   * A broker fills a response in the order in which partitions stand in the request, and kafkajs's order is always the
   * same: while the first ones have more to give than fits, the last ones would get nothing. Every fetch begins one
   * partition further on.
   */
  #inTurn(request: FetchRequest): FetchRequest {
    const turn = this.#turn++;
    const topics = request.topics.map(({ topic, partitions }) => {
      const first = turn % Math.max(1, partitions.length);
      return { topic, partitions: [...partitions.slice(first), ...partitions.slice(0, first)] };
    });
    return { ...request, topics };
  }

  /** Asks for no more bytes than will unfold to a comfortable size, judged by the fetch before. */
  #comfortable(request: FetchRequest): FetchRequest {
    const comfortable = Math.max(MIN_FETCH_BYTES, Math.floor((this.#budgetBytes * COMFORT) / this.#ratio));
    return { ...request, maxBytes: Math.min(request.maxBytes ?? Infinity, comfortable) };
  }

  #learnRatio({ compressedBytes, decompressedBytes }: DecompressionBudget): void {
    if (compressedBytes > 0) this.#ratio = Math.max(1, decompressedBytes / compressedBytes);
  }

  /**
   * The topic is gone, for a moment or deleted. A topic created anew under the same name begins at offset 0, so that the
   * positions in memory would jump over its first records. They are forgotten by joining again; the offsets committed at
   * the broker, which it deletes together with their topic, decide. kafkajs would answer from its own copy of them.
   */
  async #afterMissingTopic(cause: unknown): Promise<Error> {
    const { topic, groupId } = this.#policy;
    const cluster = this.#cluster as unknown as { committedOffsets(group: { groupId: string }): CommittedOffsets };
    const copy = cluster.committedOffsets({ groupId })[topic] ?? {};
    for (const partition of Object.keys(copy)) delete copy[partition];
    await sleep(MISSING_TOPIC_PAUSE_MS);
    return rebalanceError('the topic is missing', cause);
  }

  /** The slow way, after a response that was refused as a whole because of one partition in it. */
  async #fetchOneByOne(fetch: Fetch, request: FetchRequest, assignment: number): Promise<FetchResponse> {
    const all = request.topics.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    const budget = new DecompressionBudget(this.#budgetBytes);
    const responses: FetchResponse['responses'] = [];
    for (const { topic, partition } of all) {
      const single = (maxBytes: number, allowed: DecompressionBudget): Promise<FetchResponse> =>
        withDecompressionBudget(allowed, () =>
          fetch({
            ...request,
            minBytes: 1,
            maxWaitTime: 1,
            topics: [{ topic, partitions: [{ ...partition, maxBytes }] }],
          }),
        );
      try {
        responses.push(...(await single(partition.maxBytes, budget)).responses);
      } catch (error) {
        if (isOutOfRange(error)) {
          responses.push(...(await this.#outOfRange(topic, partition, assignment)));
        } else if (isUndecodable(error)) {
          // Others took their share first: this partition's turn comes with a whole budget.
          if (responses.length > 0 && budget.remainingBytes < this.#budgetBytes) break;
          responses.push(...(await this.#firstBatch(single, topic, partition)));
          break;
        } else throw error;
      }
      if (budget.remainingBytes < this.#budgetBytes / 2) break;
    }
    return { responses };
  }

  /** One byte asked, one batch answered: the broker never cuts the first batch. */
  async #firstBatch(
    single: (maxBytes: number, budget: DecompressionBudget) => Promise<FetchResponse>,
    topic: string,
    { partition, fetchOffset }: PartitionRequest,
  ): Promise<FetchResponse['responses']> {
    try {
      return (await single(1, new DecompressionBudget(this.#budgetBytes))).responses;
    } catch (error) {
      if (!isUndecodable(error)) throw error;
      const reason = error instanceof UndecodableBatchError ? error.message : 'the batch is damaged';
      this.#policy.onUndecodable(topic, partition, Number(fetchOffset), reason);
      return [];
    }
  }

  async #outOfRange(topic: string, request: PartitionRequest, assignment: number): Promise<FetchResponse['responses']> {
    const { partition } = request;
    const fetchOffset = Number(request.fetchOffset);
    const [low, high] = await Promise.all([
      this.#offset(topic, partition, true),
      this.#offset(topic, partition, false),
    ]);
    // Nothing wrong any more (a replica was behind its leader): the next fetch will tell.
    if (fetchOffset >= low && fetchOffset <= high) return [];
    const messages = [standIn(fetchOffset)];
    this.#facts.set(messages, {
      assignment,
      fetchOffset,
      nextOffset: fetchOffset,
      highWatermark: high,
      lastStableOffset: high,
      logStartOffset: low,
      outOfRange: { low, high },
    });
    const answer: PartitionResponse = {
      partition,
      errorCode: 0,
      highWatermark: String(high),
      preferredReadReplica: -1,
      abortedTransactions: [],
      messages,
    };
    return [{ topicName: topic, partitions: [answer] }];
  }

  async #offset(topic: string, partition: number, fromBeginning: boolean): Promise<number> {
    const offsets = await this.#cluster?.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning }]);
    return Number(offsets?.[0]?.partitions[0]?.offset);
  }

  #examine(topic: string, response: PartitionResponse, request: FetchRequest, assignment: number): void {
    let facts = this.#facts.get(response.messages);
    if (facts === undefined) {
      const asked = request.topics
        .find((entry) => entry.topic === topic)
        ?.partitions.find(({ partition }) => partition === response.partition);
      const fetchOffset = Number(asked?.fetchOffset);
      const highWatermark = Number(response.highWatermark);
      const raw = response.messages;
      facts = {
        assignment,
        fetchOffset,
        nextOffset: Math.max(fetchOffset, endOffset(raw)),
        highWatermark,
        lastStableOffset: stable(response.lastStableOffset, highWatermark),
        logStartOffset: Math.max(0, Number(response.lastStartOffset ?? 0)),
        outOfRange: null,
      };
      response.messages = readable(raw, response.abortedTransactions, fetchOffset);
      response.abortedTransactions = [];
      if (response.messages.length === 0 && facts.nextOffset > fetchOffset)
        response.messages.push(standIn(facts.nextOffset - 1));
      this.#facts.set(response.messages, facts);
    }
    this.#policy.onFetched(topic, response.partition, facts);
  }
}

/** Brokers older than transactions answer -1. */
const stable = (lastStableOffset: string | undefined, highWatermark: number): number => {
  const offset = Number(lastStableOffset ?? -1);
  return offset < 0 ? highWatermark : offset;
};

export const isOutOfRange = (error: unknown): boolean =>
  error instanceof Error && error.name === 'KafkaJSOffsetOutOfRange';

/** Names kafkajs gives to bytes that it cannot read; a `RangeError` is a read beyond the end of a buffer. */
const DECODE_ERRORS = new Set([
  'KafkaJSPartialMessageError',
  'KafkaJSUnsupportedMagicByteInMessageSet',
  'KafkaJSNonRetriableError',
  'RangeError',
]);

export const isUndecodable = (error: unknown): boolean =>
  error instanceof UndecodableBatchError || (error instanceof Error && DECODE_ERRORS.has(error.name));

/** Offset behind the last batch, from its header: its last records may be gone (compaction) and still count. */
export function endOffset(messages: readonly RawMessage[]): number {
  const last = messages.at(-1);
  if (last === undefined) return 0;
  const { batchContext } = last;
  const end =
    batchContext === undefined ? Number(last.offset) : Number(batchContext.firstOffset) + batchContext.lastOffsetDelta;
  return end + 1;
}

/** Control record key: version, then type (0 = abort, 1 = commit), two bytes each. */
const isAbortMarker = ({ isControlRecord, key }: RawMessage): boolean =>
  isControlRecord && key !== null && key.length >= 4 && key.readInt16BE(2) === 0;

/**
 * The records a `read_committed` consumer may see: no control records, none of an aborted transaction, none before the
 * offset asked for (a batch is never cut at its front). An aborted transaction is known by its producer and begins at
 * its first offset; it ends with its abort marker.
 */
export function readable(
  messages: RawMessage[],
  aborted: PartitionResponse['abortedTransactions'],
  fetchOffset: number,
): RawMessage[] {
  const isWhole = aborted.length === 0 && Number(messages[0]?.offset ?? fetchOffset) >= fetchOffset;
  // Nearly every fetch: nothing to leave out, nothing to copy.
  if (isWhole && !messages.some(({ isControlRecord }) => isControlRecord)) return messages;
  const starts = aborted
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: Number(firstOffset) }))
    .sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<string>();
  let next = 0;
  return messages.filter((message) => {
    const offset = Number(message.offset);
    for (let start = starts[next]; start !== undefined && start.firstOffset <= offset; start = starts[++next])
      open.add(start.producerId);
    const { batchContext } = message;
    if (message.isControlRecord) {
      if (batchContext !== undefined && isAbortMarker(message)) open.delete(batchContext.producerId);
      return false;
    }
    if (offset < fetchOffset) return false;
    return !(batchContext?.inTransaction === true && open.has(batchContext.producerId));
  });
}

const STAND_IN = Symbol('stand-in');

function standIn(offset: number): RawMessage {
  const message = {
    offset: String(offset),
    timestamp: '0',
    key: null,
    value: null,
    headers: {},
    isControlRecord: false,
    [STAND_IN]: true,
  };
  return message;
}

/** Whether kafkajs delivers this message only because of us. */
export const isStandIn = (message: RawMessage): boolean => STAND_IN in message;
