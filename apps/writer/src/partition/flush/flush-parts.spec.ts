import { type Block, rowsOf } from '@chip/contracts';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { telemetryBlock } from '../../../test/telemetry-block.ts';
import { FlushSize } from './flush-size.ts';
import { MostlyRejectedError, RefusalBrake } from './refusal-brake.ts';
import { splitBlock } from './split-block.ts';

const rowsIn = (block: Block): number => block.index.reduce((sum, event) => sum + rowsOf(event), 0);

describe('splitBlock', () => {
  it('cuts into parts that chain, hold every row once, and none more rows than allowed', () => {
    fc.assert(
      fc.property(
        fc.nat(100),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 70 }),
        (from, events, rows) => {
          const block = telemetryBlock('t', from, from + events, 0);
          const parts = [...splitBlock(block, rows)];
          expect(Buffer.concat(parts.map((part) => part.payload))).toEqual(block.payload);
          expect(parts.flatMap((part) => part.index)).toEqual(block.index);
          let position = block.coversFrom;
          for (const part of parts) {
            expect(part.coversFrom).toBe(position);
            expect(rowsIn(part)).toBeLessThanOrEqual(rows);
            // Deltas of the whole block would count rows that another part holds.
            if (parts.length > 1) {
              expect(part.deltas).toBeNull();
            }
            position = part.coversTo;
          }
          expect(position).toBe(block.coversTo);
        },
      ),
    );
  });
});

describe('FlushSize', () => {
  it('halves down to one event, and grows back to where it began', () => {
    const size = new FlushSize(20);
    expect([size.halve(), size.rows, size.isReduced]).toEqual([true, 10, true]);
    while (size.halve()) {}
    expect(size.rows).toBe(1);
    for (let i = 0; i < 10; i++) {
      size.grow();
    }
    expect([size.rows, size.isReduced]).toEqual([20, false]);
  });
});

describe('RefusalBrake', () => {
  it('sees a broken constraint on a quiet partition, flush by flush', () => {
    const brake = new RefusalBrake();
    for (let flush = 0; flush < 20; flush++) {
      brake.check(1, 1, 'a constraint');
      brake.note(1, 1);
    }
    expect(() => brake.check(1, 1, 'a constraint')).toThrow(MostlyRejectedError);
    brake.release();
    expect(() => brake.check(1, 1, 'a constraint')).not.toThrow();
  });

  it('lets bad events among many good ones pass, however long it goes on', () => {
    const brake = new RefusalBrake();
    for (let flush = 0; flush < 1_000; flush++) {
      brake.check(20, 4, 'bad data');
      brake.note(20, 4);
    }
  });

  it('forgets what lies behind the window', () => {
    const brake = new RefusalBrake();
    brake.note(20, 20);
    for (let flush = 0; flush < 10; flush++) {
      brake.note(100, 0);
    }
    expect(() => brake.check(20, 20, 'a constraint')).not.toThrow();
  });

  it('keeps nothing of flushes of which ingest refused everything, however many there are', () => {
    const brake = new RefusalBrake();
    for (let flush = 0; flush < 100; flush++) {
      brake.note(0, 0);
    }
    const kept = jest.spyOn(Array.prototype, 'slice');
    brake.note(1, 0);
    const flushes: unknown = kept.mock.results.at(-1)!.value;
    kept.mockRestore();
    expect(flushes).toEqual([{ elements: 1, rejected: 0 }]);
  });
});
