import { type Block, decodeBlock, encodeBlock } from '@chip/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { giveBack, inSeriesOrder } from './series-order.ts';

const linesOf = (payloads: readonly Buffer[]): string[] =>
  Buffer.concat(payloads)
    .toString()
    .split(/(?<=\n)/)
    .filter((line) => line !== '');

const seriesOf = (line: string): string => line.trimEnd().split('\t').slice(1, 3).join('\t');

const ordinary = fc
  .tuple(fc.nat(9), fc.constantFrom('etcher', 'ätzer', 'et'), fc.constantFrom('m', 'pressure', 'h\\tm'), fc.nat(99))
  .map(([time, service, metric, value]) => `2026-01-20T07:00:0${time}Z\t${service}\t${metric}\t${value}\t\\N\t\\N\n`);
/** What no block holds, and must nevertheless not be lost. */
const odd = fc.constantFrom('\n', '\t\n', '\t\t\n', '\t\t\t\n', 'no tab\n', 'a\tetcher\n', 'a\tetcher\tm\n');

/** Blocks that say nothing about their lines. */
const plainBlocks = (payloads: readonly Buffer[]): { payload: Buffer }[] => payloads.map((payload) => ({ payload }));

/** A block as the writer receives it, whose index has an event of one row for each of these lengths. */
function receivedBlock(payload: Buffer, lengths: readonly number[]): Block {
  const { headers, value } = encodeBlock({
    sourceTopic: 'telemetry.samples.v1',
    sourcePartition: 0,
    coversFrom: 0,
    coversTo: lengths.length,
    kind: 'copy-text/system_metrics/1',
    index: lengths.map((bytes, offset) => ({ offset, appendTime: 1, bytes, elements: 0, refused: [] })),
    payload,
    deltas: null,
    minTime: null,
    maxTime: null,
  });
  return decodeBlock(headers, value);
}

const received = (lines: readonly string[]): Block =>
  receivedBlock(
    Buffer.from(lines.join('')),
    lines.map((line) => Buffer.byteLength(line)),
  );

/** The plain way: by where each series first occurs, and backwards within it. */
function plainly(lines: readonly string[]): string[] {
  const series = new Map<string, string[]>();
  for (const line of lines) {
    const key = seriesOf(line);
    const rows = series.get(key) ?? [];
    series.set(key, [line, ...rows]);
  }
  return [...series.values()].flat();
}

describe('inSeriesOrder', () => {
  it('brings the rows of each series together, the last one first', () => {
    fc.assert(
      fc.property(fc.array(fc.array(ordinary, { maxLength: 60 }), { maxLength: 5 }), (blocks) => {
        const payloads = blocks.map((lines) => Buffer.from(lines.join('')));
        const lines = blocks.flat();
        const isWorthIt = lines.length >= 8 && new Set(lines.map(seriesOf)).size * 4 <= lines.length;
        const expected = isWorthIt ? plainly(lines) : lines;
        expect(linesOf(inSeriesOrder(plainBlocks(payloads), lines.length))).toEqual(expected);
        expect(linesOf(inSeriesOrder(blocks.map(received), lines.length))).toEqual(expected);
      }),
    );
  });

  it('loses and adds no line, whatever the lines are and however many are announced', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.oneof(ordinary, odd), { maxLength: 40 }), { maxLength: 4 }),
        fc.integer({ min: -2, max: 2 }),
        (blocks, error) => {
          const payloads = blocks.map((lines) => Buffer.from(lines.join('')));
          const lines = blocks.flat();
          const announced = Math.max(0, lines.length + error);
          for (const given of [plainBlocks(payloads), blocks.map(received)]) {
            expect(linesOf(inSeriesOrder(given, announced)).toSorted()).toEqual(lines.toSorted());
          }
        },
      ),
    );
  });

  it('cuts no line where an index says that it ends elsewhere', () => {
    fc.assert(
      fc.property(fc.array(ordinary, { minLength: 8, maxLength: 40 }), fc.array(fc.nat(200)), (lines, lengths) => {
        const payload = Buffer.from(lines.join(''));
        let left = payload.length;
        const wrong = lengths.map((length) => {
          const taken = Math.min(length, left);
          left -= taken;
          return taken;
        });
        const block = receivedBlock(payload, [...wrong, left]);
        for (const rows of [lines.length, wrong.length + 1]) {
          expect(linesOf(inSeriesOrder([block], rows)).toSorted()).toEqual(lines.toSorted());
        }
      }),
    );
  });

  it('uses what it got back for other lines, and nothing that it did not', () => {
    const lines = (value: string): Buffer =>
      Buffer.from(
        ['a', 'b']
          .map((s) => `t\t${s}\tm\t${value}\n`)
          .join('')
          .repeat(8),
      );
    const order = (payload: Buffer, rows: number): Buffer[] => inSeriesOrder([{ payload }], rows);
    const [first, second] = [order(lines('1'), 16), order(lines('2'), 16)];
    expect(linesOf(first)).toEqual(linesOf([lines('1')]).toSorted());
    giveBack(first);
    giveBack(first);
    const larger = Buffer.from(lines('3').toString().repeat(20_000));
    const [third, fourth] = [order(lines('3'), 16), order(larger, 320_000)];
    expect(third[0]!.buffer).toBe(first[0]!.buffer);
    expect(linesOf(second)).toEqual(linesOf([lines('2')]).toSorted());
    expect(linesOf(third)).toEqual(linesOf([lines('3')]).toSorted());
    expect(linesOf(fourth)).toEqual(linesOf([larger]).toSorted());
  });

  it('leaves lines alone of which the last has no end, and those of ever new series', () => {
    const open = [Buffer.from(`${'t\ta\tb\t1\n'.repeat(20)}t\ta\tb\t2`)];
    expect(inSeriesOrder(plainBlocks(open), 21)).toEqual(open);
    const many = [Buffer.from(Array.from({ length: 5000 }, (_, number) => `t\ta\tm${number}\t1\n`).join(''))];
    expect(inSeriesOrder(plainBlocks(many), 5000)).toEqual(many);
  });
});
