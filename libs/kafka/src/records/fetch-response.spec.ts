import { createRequire } from 'node:module';
import { LAST_MS } from '@chip/contracts';
import { anyCharacter } from '@chip/contracts/testing';
import { describe, expect, it } from '@jest/globals';
import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { COMPRESSIONS, DecompressionBudget, registerCodecs, type Compression } from './codecs.ts';
import {
  committedBatches,
  decodeFetchResponse,
  endOffset,
  endOfUndecodable,
  type FetchedPartition,
} from './fetch-response.ts';
import type { KafkaRecord } from './kafka-record.ts';
import { RecordSet } from './record-set.ts';

// kafkajs writes what is compared.
registerCodecs();
const require = createRequire(import.meta.url);
interface Encoded {
  readonly buffer: Buffer;
}
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (batch: object) => Promise<Encoded>;
};
const Record = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => Encoded;
const Long = require('kafkajs/src/utils/long') as { fromNumber(value: number): unknown };

interface Sent {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | Buffer[]>>;
}
interface Written {
  readonly records: readonly Sent[];
  readonly compression?: Compression | undefined;
  readonly appendTimestamp?: number | undefined;
  readonly producerId?: number | undefined;
  readonly isTransactional?: boolean | undefined;
  readonly isControl?: boolean | undefined;
}

/** A batch by kafkajs's own encoder, the independent other side of these tests. */
async function batchOf(written: Written): Promise<Buffer> {
  const { records, compression = 'none', appendTimestamp, producerId = -1, isTransactional, isControl } = written;
  const first = records[0]!;
  const { buffer } = await RecordBatch({
    compression: COMPRESSIONS.indexOf(compression),
    firstOffset: Long.fromNumber(first.offset),
    firstTimestamp: first.timestamp,
    maxTimestamp: appendTimestamp ?? first.timestamp,
    lastOffsetDelta: records.at(-1)!.offset - first.offset,
    transactional: isTransactional ?? false,
    producerId: Long.fromNumber(producerId),
    records: records.map(({ offset, timestamp, key, value, headers }) =>
      Record({
        offsetDelta: offset - first.offset,
        timestampDelta: timestamp - first.timestamp,
        key,
        value,
        headers,
      }),
    ),
  });
  const attributes = buffer.readInt16BE(21) | (appendTimestamp === undefined ? 0 : 0x08) | (isControl ? 0x20 : 0);
  buffer.writeInt16BE(attributes, 21);
  return seal(buffer);
}

/** Writes the checksum of what `batch` now is. */
function seal(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

interface Answer {
  readonly bytes: Buffer;
  readonly errorCode?: number;
  readonly aborted?: readonly (readonly [producerId: number, firstOffset: number])[];
}

function responseOf(answers: readonly Answer[]): Buffer {
  const ints = (...values: readonly (readonly [16 | 32 | 64, number])[]): Buffer =>
    Buffer.concat(
      values.map(([bits, value]) => {
        const part = Buffer.alloc(bits / 8);
        if (bits === 64) {
          part.writeBigInt64BE(BigInt(value));
        } else {
          part.writeIntBE(value, 0, bits / 8);
        }
        return part;
      }),
    );
  const topic = Buffer.from('a.topic');
  return Buffer.concat([
    ints([32, 7], [16, 0], [32, 0], [32, 1], [16, topic.length]),
    topic,
    ints([32, answers.length]),
    ...answers.flatMap(({ bytes, errorCode = 0, aborted = [] }, partition) => [
      ints([32, partition], [16, errorCode], [64, 900], [64, 800], [64, 5], [32, aborted.length]),
      ...aborted.map(([producerId, firstOffset]) => ints([64, producerId], [64, firstOffset])),
      ints([32, -1], [32, bytes.length]),
      bytes,
    ]),
  ]);
}

async function decode(answers: readonly Answer[], budget = new DecompressionBudget()): Promise<FetchedPartition[]> {
  const { responses } = await decodeFetchResponse(responseOf(answers), budget);
  return [...responses[0]!.partitions];
}

const recordsOf = (partition: FetchedPartition, fromOffset = 0): KafkaRecord[] =>
  Array.from(new RecordSet(committedBatches(partition), fromOffset), ({ offset, timestamp, key, value, headers }) => ({
    offset,
    timestamp,
    key,
    value,
    headers,
  }));

const sent = (offset: number, value = `v${offset}`): Sent => ({
  offset,
  timestamp: 1_700_000_000_000 + offset,
  key: null,
  value: Buffer.from(value),
  headers: {},
});

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const headers = fc
  .array(fc.tuple(fc.string({ minLength: 1, maxLength: 10, unit: anyCharacter }), bytes), { maxLength: 12 })
  .map((pairs) => {
    const gathered = Object.create(null) as Record<string, Buffer | Buffer[]>;
    for (const [name, value] of pairs) {
      const earlier = gathered[name];
      gathered[name] = earlier === undefined ? value : [...(Array.isArray(earlier) ? earlier : [earlier]), value];
    }
    return gathered;
  });
/** One to four batches with holes between records and between batches. */
const writtenBatches = fc
  .array(
    fc.record({
      compression: fc.constantFrom(...COMPRESSIONS),
      appendTimestamp: fc.option(fc.nat(2 ** 41), { nil: undefined }),
      records: fc.array(
        fc.record({
          gap: fc.nat(3),
          timestamp: fc.integer({ min: 0, max: LAST_MS }),
          key: fc.option(bytes),
          value: fc.option(bytes),
          headers,
        }),
        { minLength: 1, maxLength: 8 },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((batches) => {
    let next = 2 ** 33;
    return batches.map(({ records, ...batch }) => ({
      ...batch,
      records: records.map(({ gap, ...record }) => {
        next += gap + 1;
        return { ...record, offset: next };
      }),
    }));
  });

const asRead = (batches: readonly Written[]): KafkaRecord[] =>
  batches.flatMap(({ records, appendTimestamp }) =>
    records.map((record) => ({ ...record, timestamp: appendTimestamp ?? record.timestamp })),
  );

describe('fetch response', () => {
  it('holds what was written, whatever the compression, with holes, from any offset on', async () => {
    await fc.assert(
      fc.asyncProperty(writtenBatches, fc.nat(40), async (batches, ahead) => {
        const [partition] = await decode([{ bytes: Buffer.concat(await Promise.all(batches.map(batchOf))) }]);
        const expected = asRead(batches);
        expect(recordsOf(partition!)).toEqual(expected);
        expect(endOffset(partition!, 0)).toBe(expected.at(-1)!.offset + 1);
        const from = expected[0]!.offset + ahead;
        const rest = recordsOf(partition!, from);
        expect(rest).toEqual(expected.filter(({ offset }) => offset >= from));
        expect(new RecordSet(committedBatches(partition!), from)).toHaveLength(rest.length);
      }),
      { numRuns: 60 },
    );
  });

  it('takes times of producers that no date can hold for the first or the last one', async () => {
    const at = (timestamp: number) => batchOf({ records: [{ ...sent(1), timestamp }] });
    const times = [-(2 ** 62), -1, 0, LAST_MS, LAST_MS + 1, 2 ** 62];
    const partitions = await decode(await Promise.all(times.map(async (time) => ({ bytes: await at(time) }))));
    expect(partitions.flatMap((partition) => recordsOf(partition)).map(({ timestamp }) => timestamp)).toEqual([
      0,
      0,
      0,
      LAST_MS,
      LAST_MS,
      LAST_MS,
    ]);
  });

  it('tells the facts of each partition', async () => {
    const [first, second] = await decode([{ bytes: Buffer.alloc(0) }, { bytes: Buffer.alloc(0), errorCode: 1 }]);
    expect(first).toMatchObject({
      partition: 0,
      errorCode: 0,
      isOutOfRange: false,
      highWatermark: '900',
      lastStableOffset: 800,
      logStartOffset: 5,
      undecodable: null,
    });
    expect(endOffset(first!, 17)).toBe(17);
    // Otherwise kafkajs would refuse the whole response.
    expect(second).toMatchObject({ partition: 1, errorCode: 0, isOutOfRange: true });
    expect((await decode([{ bytes: Buffer.alloc(0), errorCode: 6 }]))[0]).toMatchObject({ errorCode: 6 });
  });

  it('leaves out a last batch that the broker has cut, anywhere', async () => {
    const whole = await batchOf({ records: [sent(1), sent(2)], compression: 'gzip' });
    const next = await batchOf({ records: [sent(3)] });
    for (let cut = 0; cut < next.length; cut++) {
      const [partition] = await decode([{ bytes: Buffer.concat([whole, next.subarray(0, cut)]) }]);
      expect(recordsOf(partition!).map(({ offset }) => offset)).toEqual([1, 2]);
      expect(partition!.undecodable).toBeNull();
    }
  });

  it('says what is wrong with a first batch, and reads up to a later one', async () => {
    const good = await batchOf({ records: [sent(1)] });
    const bad = await batchOf({ records: [sent(2), sent(3)], compression: 'zstd' });
    bad.fill(0xff, 61, 80);
    seal(bad);
    const old = Buffer.from(good);
    old.writeInt8(1, 16);
    const [damaged, later, beside, format] = await decode([
      { bytes: bad },
      { bytes: Buffer.concat([good, bad]) },
      { bytes: good },
      { bytes: old },
    ]);
    expect(damaged).toMatchObject({
      undecodable: { reason: 'the batch is damaged', claimedEnd: 4, nextBatch: null },
      batches: [],
    });
    expect(later).toMatchObject({ undecodable: null });
    expect(recordsOf(later!)).toHaveLength(1);
    expect(recordsOf(beside!)).toHaveLength(1);
    expect(format!.undecodable?.reason).toBe('it has the record format 1, which Kafka 4 no longer supports');
  });

  it('knows where a batch ends that cannot be read, and never goes beyond it when the header is damaged as well', async () => {
    const bad = await batchOf({ records: [sent(2), sent(4)], compression: 'zstd' });
    bad.fill(0xff, 61, 80);
    seal(bad);
    const behind = await batchOf({ records: [sent(9)] });
    const lying = (lastOffsetDelta: number): Buffer => {
      const copy = Buffer.from(bad);
      copy.writeInt32BE(lastOffsetDelta, 23);
      return seal(copy);
    };
    const [whole, followed, tooFar, negative] = await decode(
      [bad, Buffer.concat([bad, behind]), Buffer.concat([lying(1_000), behind]), lying(-7)].map((bytes) => ({ bytes })),
    );
    expect(endOfUndecodable(whole!.undecodable!, 2, 900)).toBe(5);
    // Read from its middle on, the end is the same.
    expect(endOfUndecodable(whole!.undecodable!, 4, 900)).toBe(5);
    expect(endOfUndecodable(followed!.undecodable!, 2, 900)).toBe(5);
    expect(endOfUndecodable(tooFar!.undecodable!, 2, 900)).toBe(9);
    expect(endOfUndecodable({ ...tooFar!.undecodable!, nextBatch: null }, 2, 900)).toBe(3);
    expect(endOfUndecodable(negative!.undecodable!, 2, 900)).toBe(3);
  });

  it('notices any byte that has changed since the batch was written', async () => {
    await fc.assert(
      fc.asyncProperty(writtenBatches, fc.nat(), fc.integer({ min: 1, max: 255 }), async ([first], place, flip) => {
        const damaged = await batchOf(first!);
        // Checksum and what it covers. Before it stand offset and length, which a broker writes, and the format.
        const at = 17 + (place % (damaged.length - 17));
        damaged[at] = damaged[at]! ^ flip;
        const [partition, beside] = await decode([{ bytes: damaged }, { bytes: await batchOf(first!) }]);
        expect(partition!.undecodable?.reason).toBe('its checksum is wrong, the batch is damaged');
        expect(partition!.batches).toEqual([]);
        expect(beside!.undecodable).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  it('never makes records of damaged bytes that do not fit, nor fails the partitions beside', async () => {
    await fc.assert(
      fc.asyncProperty(writtenBatches, fc.nat(), fc.nat(255), async (batches, place, byte) => {
        const damaged = Buffer.concat(await Promise.all(batches.map(batchOf)));
        // The length of the first batch decides where the second begins; all else may be anything.
        damaged[12 + (place % (damaged.length - 12))] = byte;
        // A sound checksum over nonsense, as a faulty producer would write it.
        seal(damaged.subarray(0, 12 + damaged.readInt32BE(8)));
        const [partition, beside] = await decode([
          { bytes: damaged },
          { bytes: await batchOf({ records: [sent(1)] }) },
        ]);
        expect(recordsOf(beside!)).toHaveLength(1);
        for (const { key, value } of recordsOf(partition!)) {
          expect((key?.length ?? 0) + (value?.length ?? 0)).toBeLessThan(1_000_000);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('stays within one budget: a partition for which nothing is left comes later, one that never fits is refused', async () => {
    const large = (offset: number): Promise<Buffer> =>
      batchOf({ records: [sent(offset, 'x'.repeat(1_000_000))], compression: 'zstd' });
    const budget = new DecompressionBudget(2_500_000);
    const [first, second, third] = await decode(
      [
        { bytes: Buffer.concat([await large(1), await large(2), await large(3)]) },
        { bytes: await large(1) },
        { bytes: await batchOf({ records: [sent(1)] }) },
      ],
      budget,
    );
    expect(recordsOf(first!).map(({ offset }) => offset)).toEqual([1, 2]);
    expect(second).toMatchObject({ batches: [], undecodable: null });
    expect(recordsOf(third!)).toHaveLength(1);
    expect(budget.decompressedBytes).toBeLessThanOrEqual(2_500_000);
    const [alone] = await decode([{ bytes: await large(1) }], new DecompressionBudget(500_000));
    expect(alone!.undecodable?.reason).toBe('the batch decompresses to more than 500000 bytes');
  });

  it('shows neither markers nor records of aborted transactions, two of them at once included', async () => {
    const transactional = (producerId: number, offset: number): Promise<Buffer> =>
      batchOf({ records: [sent(offset)], producerId, isTransactional: true });
    const marker = (producerId: number, offset: number, type: 0 | 1): Promise<Buffer> =>
      batchOf({
        records: [{ ...sent(offset), key: Buffer.from([0, 0, 0, type]) }],
        producerId,
        isTransactional: true,
        isControl: true,
      });
    const [partition] = await decode([
      {
        bytes: Buffer.concat([
          await transactional(7, 10),
          await transactional(8, 11),
          await batchOf({ records: [sent(12)], producerId: 7 }),
          await transactional(9, 13),
          await marker(8, 14, 0),
          await marker(7, 15, 0),
          await transactional(7, 16),
          await marker(7, 17, 1),
          await marker(9, 18, 1),
        ]),
        aborted: [
          [8, 11],
          [7, 10],
        ],
      },
    ]);
    expect(recordsOf(partition!).map(({ offset }) => offset)).toEqual([12, 13, 16]);
    expect(endOffset(partition!, 10)).toBe(19);
  });
});
