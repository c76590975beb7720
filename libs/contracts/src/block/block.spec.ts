import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeBlock, encodeBlock, encodeBlockInPieces, UnsupportedBlockError } from './block-codec.ts';
import { type Block, placeOf, rowsOf, totalsOf, trimBlock } from './block.ts';
import { lineEndsOf, MalformedBlockError, PackedIndex } from './packed-index.ts';

const events = fc.array(
  fc.record({
    step: fc.integer({ min: 1, max: 100_000 }),
    wait: fc.integer({ min: -5000, max: 5_000_000 }),
    rows: fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 4 }),
    array: fc.boolean(),
    refused: fc.uniqueArray(fc.nat(9), { maxLength: 4 }),
  }),
  { maxLength: 40 },
);

const blocks: fc.Arbitrary<Block> = fc
  .record({
    events,
    from: fc.nat(2 ** 40),
    tail: fc.nat(50),
    // In the index the first takes up to twice that: 31, 32 or more bits.
    time: fc.oneof(fc.nat(2 ** 42), fc.integer({ min: 2 ** 30 - 2, max: 2 ** 30 + 2 })),
    deltas: fc.boolean(),
    sourceTopicId: fc.option(fc.uuid()),
    judgedBy: fc.option(
      fc.record({ retentionDays: fc.option(fc.double({ min: 0, max: 1e4, noNaN: true })), clockShiftMs: fc.integer() }),
    ),
    replays: fc.array(fc.tuple(fc.nat(), fc.record({ of: fc.string(), count: fc.integer({ min: 1 }) })), {
      maxLength: 3,
    }),
  })
  .map(({ events, from, tail, time, deltas, sourceTopicId, judgedBy, replays }) => {
    let offset = from - 1;
    let appendTime = time;
    const lines: Buffer[] = [];
    const index = events.map((event) => {
      offset += event.step;
      appendTime = Math.max(0, appendTime + event.wait);
      const texts = event.array ? event.rows : event.rows.slice(0, 1);
      const rows = Buffer.from(texts.map((row) => `${row}\n`).join(''));
      lines.push(rows);
      const elements = event.array ? texts.length + event.refused.length : 0;
      const refused = event.array
        ? [...event.refused].sort((a, b) => a - b).map((place, i) => Math.min(place, texts.length + i))
        : texts.length === 0
          ? [0]
          : [];
      return { offset, appendTime, bytes: rows.length, elements, refused };
    });
    return {
      sourceTopic: 'telemetry.samples.v1',
      ...(sourceTopicId === null ? {} : { sourceTopicId }),
      ...(judgedBy === null ? {} : { judgedBy }),
      sourcePartition: 3,
      coversFrom: from,
      coversTo: offset + 1 + tail,
      kind: 'copy-text/system_metrics/1',
      index,
      payload: Buffer.concat(lines),
      deltas: deltas ? Buffer.from('delta\n') : Buffer.alloc(0),
      minTime: '2026-01-01T00:00:00.000000Z',
      maxTime: null,
      ...(replays.length === 0 ? {} : { replays: new Map(replays) }),
    };
  });

const roundTrip = (block: Block): Block => {
  const { headers, value } = encodeBlock(block);
  return decodeBlock(headers, value);
};

describe('block format', () => {
  it('reads back what it wrote', () => {
    fc.assert(fc.property(blocks, (block) => expect(roundTrip(block)).toEqual(block)));
  });

  it('packs an index event by event as it packs a whole one, block after block', () => {
    fc.assert(
      fc.property(blocks, blocks, (first, other) => {
        const shift = first.coversTo - other.coversFrom;
        const second: Block = {
          ...other,
          coversFrom: first.coversTo,
          coversTo: other.coversTo + shift,
          index: other.index.map((event) => ({ ...event, offset: event.offset + shift })),
        };
        const packing = new PackedIndex(first.coversFrom);
        for (const { index, coversFrom, ...block } of [first, second]) {
          for (const { offset, appendTime, bytes, elements, refused } of index) {
            packing.add(offset, appendTime, bytes, elements, refused);
          }
          const taken = packing.take(block);
          const plain = { ...block, coversFrom, index };
          expect(taken).toEqual(plain);
          expect(totalsOf(taken)).toEqual(totalsOf(plain));
          expect(encodeBlock(taken)).toEqual(encodeBlock(plain));
          expect(Buffer.concat(encodeBlockInPieces(taken).pieces)).toEqual(encodeBlock(plain).value);
        }
      }),
    );
  });

  it('refuses a list of replays that it cannot read', () => {
    const [block] = fc.sample(blocks, 1);
    const { headers, value } = encodeBlock(block!);
    for (const replays of ['{', '{}', '[1]', '[["1", 1, "a"]]', '[[1, 1]]']) {
      expect(() => decodeBlock({ ...headers, replays }, value)).toThrow(MalformedBlockError);
    }
  });

  it('trimming at a position keeps exactly the events at and above it, and still encodes', () => {
    fc.assert(
      fc.property(blocks, fc.double({ min: 0, max: 1, noNaN: true }), (block, part) => {
        const position = block.coversFrom + Math.floor((block.coversTo - block.coversFrom) * part);
        const trimmed = trimBlock(block, position);
        const kept = block.index.filter((event) => event.offset >= position);
        const bytes = kept.reduce((sum, event) => sum + event.bytes, 0);
        expect(trimmed.index).toEqual(kept);
        expect(trimmed.coversFrom).toBe(position);
        expect(trimmed.coversTo).toBe(block.coversTo);
        expect(trimmed.payload.equals(block.payload.subarray(block.payload.length - bytes))).toBe(true);
        if (bytes !== block.payload.length) {
          expect(trimmed.deltas).toBeNull();
        }
        expect(roundTrip({ ...trimmed, deltas: Buffer.alloc(0) }).index).toEqual(kept);
      }),
    );
  });

  it('is summed up alike from its packed index and from the unpacked one', () => {
    fc.assert(
      fc.property(blocks, (block) => {
        const read = roundTrip(block);
        expect(totalsOf({ ...read })).toEqual(totalsOf(block));
        expect(totalsOf(read)).toEqual(totalsOf(block));
      }),
    );
  });

  it('says where the lines of a received block end, if no event has two', () => {
    fc.assert(
      fc.property(blocks, (block) => {
        const { headers, value } = encodeBlock(block);
        const received = decodeBlock(headers, value);
        let at = 0;
        const ends = block.index.flatMap((event) => {
          at += event.bytes;
          return rowsOf(event) === 0 ? [] : [at];
        });
        const known = block.index.some((event) => rowsOf(event) > 1) ? undefined : Int32Array.from(ends);
        expect(lineEndsOf(received)).toEqual(known);
        expect(lineEndsOf(trimBlock(received, block.coversFrom + 1))).toBeUndefined();
      }),
    );
  });

  it('trimming twice is trimming once at the greater position', () => {
    fc.assert(
      fc.property(blocks, fc.nat(1_000_000), fc.nat(1_000_000), (block, a, b) => {
        const span = block.coversTo - block.coversFrom + 1;
        const [low, high] = [a % span, b % span].sort((x, y) => x - y) as [number, number];
        const twice = trimBlock(trimBlock(block, block.coversFrom + low), block.coversFrom + high);
        const once = trimBlock(block, block.coversFrom + high);
        expect(twice.index).toEqual(once.index);
        expect(twice.payload.equals(once.payload)).toBe(true);
      }),
    );
  });

  it('never returns a block from damaged bytes that contradicts its headers', () => {
    fc.assert(
      fc.property(blocks, fc.nat(), fc.integer({ min: 1, max: 255 }), (block, at, flip) => {
        const { headers, value } = encodeBlock(block);
        const cut = value.subarray(0, at % value.length);
        if (cut.length < value.length - (block.deltas?.length ?? 0)) {
          expect(() => decodeBlock(headers, cut)).toThrow(MalformedBlockError);
        }
        const damaged = Buffer.from(value);
        damaged[at % damaged.length]! ^= flip;
        try {
          const read = decodeBlock(headers, damaged);
          expect(read.index.reduce((sum, event) => sum + event.bytes, 0)).toBe(read.payload.length);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBlockError);
        }
      }),
    );
  });

  it('traces a payload line to its place in the array, past the elements that were refused', () => {
    const event = { offset: 1, appendTime: 0, bytes: 9, elements: 6, refused: [0, 2, 3] };
    expect([0, 1, 2].map((nth) => placeOf(event, nth))).toEqual([1, 4, 5]);
    expect(placeOf({ ...event, elements: 0, refused: [] }, 0)).toBeUndefined();
  });

  it('refuses a version or payload it does not know', () => {
    const { headers, value } = encodeBlock(fc.sample(blocks, 1)[0]!);
    expect(() => decodeBlock({ ...headers, 'block-version': '2' }, value)).toThrow(UnsupportedBlockError);
    expect(() => decodeBlock({}, value)).toThrow(UnsupportedBlockError);
    expect(() => decodeBlock({ ...headers, payload: 'copy-text/system_metrics/9' }, value)).toThrow(
      UnsupportedBlockError,
    );
    // What the version before wrote stays readable.
    expect(decodeBlock({ ...headers, payload: 'ndjson/inspection/1' }, value).kind).toBe('ndjson/inspection/1');
  });
});
