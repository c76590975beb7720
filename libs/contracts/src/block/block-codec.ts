/** Encodes blocks as Kafka messages and decodes them. */
import type { Replay } from '../refusals.ts';
import { isPayloadKind } from '../streams/streams.ts';
import { type Block, BLOCK_VERSION, totalsOf, withTotals } from './block.ts';
import { MalformedBlockError, packedIndexOf, readIndex, withIndex, withLineEnds } from './packed-index.ts';

export const BLOCK_HEADERS = {
  version: 'block-version',
  sourceTopic: 'source-topic',
  sourceTopicId: 'source-topic-id',
  sourcePartition: 'source-partition',
  coversFrom: 'covers-from',
  coversTo: 'covers-to',
  appendFrom: 'append-from',
  appendTo: 'append-to',
  events: 'events',
  rows: 'rows',
  payload: 'payload',
  minTime: 'min-time',
  maxTime: 'max-time',
  traceparent: 'traceparent',
  replays: 'replays',
  retentionDays: 'retention-days',
  clockShift: 'clock-shift-ms',
} as const;

/** This reader does not know the format of the block: roll out newer writers before ingest. */
export class UnsupportedBlockError extends Error {
  readonly code = 'unsupported_block';
}

export interface EncodedBlock {
  readonly headers: Record<string, string>;
  readonly value: Buffer;
}

/** A block as a message of Kafka. */
export function encodeBlock(block: Block, traceparent?: string): EncodedBlock {
  const { headers, pieces } = encodeBlockInPieces(block, traceparent);
  return { headers, value: Buffer.concat(pieces) };
}

/** The same with a value in pieces, which joined are the value: a producer copies them once, into its batch. */
export function encodeBlockInPieces(
  block: Block,
  traceparent?: string,
): Pick<EncodedBlock, 'headers'> & { readonly pieces: readonly Buffer[] } {
  const index = packedIndexOf(block);
  const lengths = Buffer.allocUnsafe(8);
  lengths.writeUInt32LE(index.length, 0);
  lengths.writeUInt32LE(block.payload.length, 4);
  const pieces = [
    lengths.subarray(0, 4),
    index,
    lengths.subarray(4, 8),
    block.payload,
    ...(block.deltas === null ? [] : [block.deltas]),
  ];
  const totals = totalsOf(block);
  const headers: Record<string, string> = {
    [BLOCK_HEADERS.version]: String(BLOCK_VERSION),
    [BLOCK_HEADERS.sourceTopic]: block.sourceTopic,
    [BLOCK_HEADERS.sourcePartition]: String(block.sourcePartition),
    [BLOCK_HEADERS.coversFrom]: String(block.coversFrom),
    [BLOCK_HEADERS.coversTo]: String(block.coversTo),
    [BLOCK_HEADERS.events]: String(totals.events),
    [BLOCK_HEADERS.rows]: String(totals.rows),
    [BLOCK_HEADERS.payload]: block.kind,
  };
  if (totals.appendFrom !== null) {
    headers[BLOCK_HEADERS.appendFrom] = String(totals.appendFrom);
    headers[BLOCK_HEADERS.appendTo] = String(totals.appendTo);
  }
  if (block.judgedBy !== undefined) {
    const { retentionDays, clockShiftMs } = block.judgedBy;
    if (retentionDays !== null) {
      headers[BLOCK_HEADERS.retentionDays] = String(retentionDays);
    }
    headers[BLOCK_HEADERS.clockShift] = String(clockShiftMs);
  }
  if (block.sourceTopicId !== undefined) {
    headers[BLOCK_HEADERS.sourceTopicId] = block.sourceTopicId;
  }
  if (block.minTime !== null) {
    headers[BLOCK_HEADERS.minTime] = block.minTime;
  }
  if (block.maxTime !== null) {
    headers[BLOCK_HEADERS.maxTime] = block.maxTime;
  }
  if (block.replays !== undefined && block.replays.size > 0) {
    headers[BLOCK_HEADERS.replays] = JSON.stringify(
      [...block.replays].map(([offset, { of, count }]) => [offset, count, of]),
    );
  }
  if (traceparent !== undefined) {
    headers[BLOCK_HEADERS.traceparent] = traceparent;
  }
  return { headers, pieces };
}

/** Informs people only, so an unreadable value counts as absent. */
const decodeJudgement = (retentionDays: string | undefined, clockShift: string | undefined): Pick<Block, 'judgedBy'> =>
  clockShift === undefined
    ? {}
    : {
        judgedBy: {
          retentionDays: retentionDays === undefined ? null : Number(retentionDays),
          clockShiftMs: Number(clockShift),
        },
      };

const decodeReplays = (header: string | undefined): Pick<Block, 'replays'> => {
  if (header === undefined) {
    return {};
  }
  const refuse = (cause?: unknown): never => {
    throw new MalformedBlockError(`header ${BLOCK_HEADERS.replays} cannot be read`, { cause });
  };
  let entries: unknown;
  try {
    entries = JSON.parse(header);
  } catch (error) {
    return refuse(error);
  }
  if (!Array.isArray(entries)) {
    return refuse();
  }
  const replays = new Map<number, Replay>();
  for (const entry of entries as unknown[]) {
    const [offset, count, of] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof offset !== 'number' || typeof count !== 'number' || typeof of !== 'string') {
      return refuse();
    }
    replays.set(offset, { of, count });
  }
  return { replays };
};

type HeaderValue = string | Buffer | undefined;

/**
 * Reads a block and checks that headers, index and payload agree.
 * @throws UnsupportedBlockError for an unknown version or payload kind, MalformedBlockError for a contradiction.
 */
export function decodeBlock(
  headers: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>,
  value: Buffer | null,
): Block {
  const text = (name: string): string | undefined => {
    const header = headers[name];
    return (Array.isArray(header) ? (header as readonly HeaderValue[])[0] : (header as HeaderValue))?.toString();
  };
  const whole = (name: string): number => {
    const found = text(name);
    const number = found === undefined || found === '' ? NaN : Number(found);
    if (!Number.isSafeInteger(number) || number < 0) {
      throw new MalformedBlockError(`header ${name} is not an offset`);
    }
    return number;
  };

  const version = text(BLOCK_HEADERS.version);
  if (version !== String(BLOCK_VERSION)) {
    throw new UnsupportedBlockError(`block version ${version ?? 'absent'}, this reader knows ${BLOCK_VERSION}`);
  }
  const kind = text(BLOCK_HEADERS.payload);
  if (!isPayloadKind(kind)) {
    throw new UnsupportedBlockError(`block payload ${kind ?? 'absent'} is unknown to this reader`);
  }
  if (value === null || value.length < 8) {
    throw new MalformedBlockError('block value is too short');
  }

  const coversFrom = whole(BLOCK_HEADERS.coversFrom);
  const coversTo = whole(BLOCK_HEADERS.coversTo);
  if (coversTo < coversFrom) {
    throw new MalformedBlockError('covers-to is below covers-from');
  }
  const indexLength = value.readUInt32LE(0);
  if (4 + indexLength + 4 > value.length) {
    throw new MalformedBlockError('block index is longer than its value');
  }
  const indexBytes = value.subarray(4, 4 + indexLength);
  const { bytes, last, totals, lineEnds } = readIndex(indexBytes, coversFrom);
  const payloadLength = value.readUInt32LE(4 + indexLength);
  const payloadFrom = 8 + indexLength;
  if (payloadFrom + payloadLength > value.length) {
    throw new MalformedBlockError('payload is longer than its value');
  }

  if (bytes !== payloadLength) {
    throw new MalformedBlockError('index and payload disagree on the number of bytes');
  }
  if (totals.rows !== whole(BLOCK_HEADERS.rows)) {
    throw new MalformedBlockError('index and headers disagree on the rows');
  }
  if (totals.events > 0 && last >= coversTo) {
    throw new MalformedBlockError('an event lies outside the covered range');
  }
  const sourceTopicId = text(BLOCK_HEADERS.sourceTopicId);
  const block = withIndex(
    {
      sourceTopic: text(BLOCK_HEADERS.sourceTopic) ?? '',
      ...(sourceTopicId === undefined ? {} : { sourceTopicId }),
      sourcePartition: whole(BLOCK_HEADERS.sourcePartition),
      coversFrom,
      coversTo,
      kind,
      payload: value.subarray(payloadFrom, payloadFrom + payloadLength),
      deltas: value.subarray(payloadFrom + payloadLength),
      minTime: text(BLOCK_HEADERS.minTime) ?? null,
      maxTime: text(BLOCK_HEADERS.maxTime) ?? null,
      ...decodeReplays(text(BLOCK_HEADERS.replays)),
      ...decodeJudgement(text(BLOCK_HEADERS.retentionDays), text(BLOCK_HEADERS.clockShift)),
    },
    indexBytes,
  );
  return withLineEnds(withTotals(block, totals), lineEnds);
}
