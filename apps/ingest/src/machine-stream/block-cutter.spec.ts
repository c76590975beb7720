import { describe, expect, it } from '@jest/globals';
import {
  decodeBlock,
  encodeBlock,
  MAX_BLOCK_EVENTS,
  MAX_BLOCK_LETTER_BYTES,
  MAX_BLOCK_ROWS,
  rowsOf,
} from '@chip/contracts';
import fc from 'fast-check';
import { BlockCutter } from './block-cutter.ts';

const HOUR_US = 3_600_000_000;
const START_US = Date.UTC(2026, 0, 1) * 1000;
const cutter = (from = 0) => new BlockCutter('telemetry.samples.v1', 0, 'copy-text/system_metrics/1', from);
const sample = (timeUs: number, value: number, host: string | null = null) => ({
  timeUs,
  time: null,
  service: 'S',
  metric: 'M',
  value,
  tags: null,
  host,
});

describe('block cutter', () => {
  it('indexes every record: accepted, refused and mixed, each with its own refusals', () => {
    const records = fc.array(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }).map((isAccepted) => ({ isAccepted })),
      { maxLength: 50 },
    );
    fc.assert(
      fc.property(records, fc.nat(1000), (given, from) => {
        const subject = cutter(from);
        given.forEach(({ isAccepted }, i) => {
          isAccepted.forEach((accepted, place) =>
            accepted ? subject.addSample(sample(START_US, i)) : subject.addRefusal(100, place),
          );
          subject.endRecord(from + i, 1000 + i, isAccepted.length);
        });
        const { headers, value } = encodeBlock(subject.cut(from + given.length));
        const block = decodeBlock(headers, value);
        expect(block).toMatchObject({ coversFrom: from, coversTo: from + given.length });
        expect(block.index.map((event) => event.refused)).toEqual(
          given.map(({ isAccepted }) => isAccepted.flatMap((accepted, place) => (accepted ? [] : [place]))),
        );
        const lines = block.payload.toString().split('\n').length - 1;
        expect(lines).toBe(block.index.reduce((sum, event) => sum + rowsOf(event), 0));
      }),
    );
  });

  it('rolls up only its own samples, whatever series the previous block had', () => {
    const subject = cutter();
    const [first, second] = [0, 1].map((offset) => {
      for (const host of ['a', 'b', 'a', 'b']) {
        subject.addSample(sample(START_US, 1, host));
      }
      subject.endRecord(offset, 1000, 4);
      return subject.cut(offset + 1).deltas!.toString();
    });
    expect(second).toBe(first);
    expect(second!.match(/\t2\t2\t1\t1\n/g)).toHaveLength(2);
  });

  it('rolls up each hour, service, metric and host apart', () => {
    const subject = cutter();
    for (const [hour, value, host] of [
      [0, 3, 'a'],
      [0, -1, 'a'],
      [1, 5, 'a'],
      [0, 7, null],
    ] as const) {
      subject.addSample(sample(START_US + hour * HOUR_US + 12_345, value, host));
    }
    const deltas = subject.cut(1).deltas!.toString().trimEnd().split('\n');
    expect(deltas.sort()).toEqual([
      '2026-01-01T00:00:00.000000Z\tS\tM\t\\N\t7\t1\t7\t7',
      '2026-01-01T00:00:00.000000Z\tS\tM\ta\t2\t2\t-1\t3',
      '2026-01-01T01:00:00.000000Z\tS\tM\ta\t5\t1\t5\t5',
    ]);
  });

  it('is full at its number of rows, then starts again where it was cut', () => {
    const subject = cutter(10);
    let offset = 10;
    for (; ; offset++) {
      subject.addSample(sample(START_US, 1));
      if (subject.endRecord(offset, 0, 0)) {
        break;
      }
    }
    const first = subject.cut(offset + 1);
    expect(first.index).toHaveLength(MAX_BLOCK_ROWS);
    const next = subject.cut(offset + 5);
    expect(next).toMatchObject({ coversFrom: first.coversTo, coversTo: offset + 5, index: [], minTime: null });
    expect(next.payload).toHaveLength(0);
    expect(next.deltas).toHaveLength(0);
  });

  it.each([
    ['number of refused events', 1, MAX_BLOCK_EVENTS],
    ['bytes of dead letters', 1024, MAX_BLOCK_LETTER_BYTES / 1024],
  ])('is full at its %s, and counts from zero in the next block', (_name, letterBytes, expected) => {
    const subject = cutter();
    let offset = 0;
    for (const _block of [1, 2]) {
      const from = offset;
      for (;;) {
        subject.addRefusal(letterBytes);
        if (subject.endRecord(offset++, 0, 0)) {
          break;
        }
        // Without a bound this would go on for as long as there are records.
        if (offset - from >= expected) {
          throw new Error('it is never full');
        }
      }
      expect(subject.cut(offset).index).toHaveLength(expected);
    }
  });

  it('carries which of its events were replayed, block by block', () => {
    const subject = cutter();
    const replay = { of: 'telemetry.samples.v1/0/9', count: 2 };
    for (const offset of [0, 1, 2]) {
      subject.addSample(sample(START_US, offset));
      subject.endRecord(offset, 0, 0, offset === 1 ? replay : undefined);
    }
    expect(subject.cut(3).replays).toEqual(new Map([[1, replay]]));
    subject.endRecord(3, 0, 0);
    expect(subject.cut(4)).not.toHaveProperty('replays');
  });

  it('is full before its header `replays` exceeds the size of a record', () => {
    const subject = cutter();
    let offset = 0;
    for (const _block of [1, 2]) {
      const from = offset;
      while (!subject.endRecord(offset, 0, 0, { of: `\u0000${'ü'.repeat(299)}`, count: 2 ** 31 - 1 })) {
        offset++;
      }
      const { headers } = encodeBlock(subject.cut(++offset));
      expect(Buffer.byteLength(headers['replays']!)).toBeLessThan(MAX_BLOCK_LETTER_BYTES + 2048);
      expect(offset - from).toBeGreaterThan(500);
    }
  });

  it('takes a record larger than its buffer', () => {
    const subject = cutter();
    const line = 'ü'.repeat(3_000_000);
    subject.addLine(line, START_US);
    expect(subject.endRecord(0, 0, 0)).toBe(true);
    expect(subject.cut(1).payload.toString()).toBe(`${line}\n`);
  });
});
