import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { COMPRESSIONS, registerCodecs, type Compression } from './codecs.ts';
import { type BatchRecord, encodeBatch } from './encode-batch.ts';

interface Encoder {
  readonly buffer: Buffer;
}

// kafkajs writes what is compared.
registerCodecs();
const require = createRequire(import.meta.url);
const Record = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => Encoder;
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch(batch: object): Promise<Encoder>;
};

const NOW = 1_764_000_000_000;

/** The same batch by kafkajs, which joins no pieces. */
async function byKafkajs(records: readonly BatchRecord[], compression: Compression): Promise<Buffer> {
  const encoded = await RecordBatch({
    compression: COMPRESSIONS.indexOf(compression),
    firstTimestamp: NOW,
    maxTimestamp: NOW,
    producerId: -1,
    producerEpoch: -1,
    firstSequence: -1,
    lastOffsetDelta: records.length - 1,
    records: records.map(({ key, value, headers }, offsetDelta) =>
      Record({
        offsetDelta,
        key,
        value: Array.isArray(value) ? Buffer.concat(value as readonly Buffer[]) : value,
        headers,
      }),
    ),
  });
  return encoded.buffer;
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const content: fc.Arbitrary<Buffer | string> = fc.oneof<fc.Arbitrary<Buffer | string>[]>(
  bytes,
  fc.string({ unit: 'grapheme', maxLength: 100 }),
);
const record: fc.Arbitrary<BatchRecord> = fc.record({
  key: fc.option(content, { nil: null }),
  value: fc.oneof<fc.Arbitrary<BatchRecord['value']>[]>(fc.constant(null), content, fc.array(bytes, { maxLength: 4 })),
  headers: fc.dictionary(fc.string({ maxLength: 20 }), fc.oneof(content, fc.array(content, { maxLength: 3 })), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
});

describe('encodeBatch', () => {
  it('writes what kafkajs writes, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 80 }),
        fc.constantFrom<Compression>('none', 'zstd', 'gzip'),
        async (records, compression) => {
          const { head, records: body } = await encodeBatch(records, compression, NOW);
          expect(Buffer.concat([head, body])).toEqual(await byKafkajs(records, compression));
        },
      ),
    );
  });

  it('takes its copy at once, and needs no room of its own for the next batch', async () => {
    const value = Buffer.alloc(2000, 'a');
    const records = [{ value: [value, value] }];
    const expected = await byKafkajs(records, 'zstd');
    const encoded = [encodeBatch(records, 'zstd', NOW), encodeBatch(records, 'zstd', NOW)];
    value.fill('b');
    for (const { head, records: body } of await Promise.all(encoded)) {
      expect(Buffer.concat([head, body])).toEqual(expected);
    }
  });

  it('takes a value larger than the room that it keeps', async () => {
    const records = [{ value: Buffer.alloc(3 * 1024 * 1024, 'line of a block\n') }, { value: 'small' }];
    const { head, records: body } = await encodeBatch(records, 'zstd', NOW);
    expect(Buffer.concat([head, body]).equals(await byKafkajs(records, 'zstd'))).toBe(true);
  });
});
