import type { Refusal } from '@chip/contracts';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { RefusalBrake } from './refusal-brake.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 0, 1);
const ahead = (minutes: number, source: string): Refusal =>
  ({ code: 'time_out_of_range', detail: '', aheadMs: minutes * MINUTE, source }) as Refusal;

let brake: RefusalBrake;
beforeEach(() => {
  brake = new RefusalBrake();
});
const refuse = (count: number, minutes = 15, sources = ['a', 'b', 'c'], at = 0): void => {
  for (let i = 0; i < count; i++) {
    brake.refuse(ahead(minutes, sources[i % sources.length]!), at);
  }
};

describe('brake on refusals', () => {
  it('stops where several machines are ahead of the broker alike', () => {
    refuse(99);
    expect(brake.verdict()).toBeNull();
    refuse(1);
    expect(brake.verdict()).toMatchObject({ behindMs: 15 * MINUTE });
    expect(brake.verdict()!.reason).toMatch(/100 of the last 100 elements .* by 900 to 900 s, and 3 machines or more/);
  });

  it.each<[string, () => void]>([
    ['one machine is ahead, and others are not', () => (refuse(500, 15, ['a']), brake.accept(50, 0))],
    ['one machine alone is ahead', () => refuse(500, 15, ['a'])],
    ['machines are ahead by different times', () => (refuse(100, 15), refuse(100, 60))],
    ['more than a tenth is accepted', () => (refuse(100), brake.accept(12, 0))],
    ['times are behind', () => refuse(500, -15)],
    [
      'something else is refused',
      () => {
        for (let i = 0; i < 500; i++) {
          brake.refuse({ code: 'schema_violation', detail: '' }, 0);
        }
      },
    ],
  ])('goes on where %s', (_name, given) => {
    given();
    expect(brake.verdict()).toBeNull();
  });

  it('goes on, however much is refused, where the append time of a fresh record is right', () => {
    brake.beginBatch(NOW - 1_000, NOW - 2_000, NOW);
    refuse(500);
    expect(brake.verdict()).toBeNull();
  });

  it('needs no second machine where the append time of a fresh record is in the past', () => {
    brake.beginBatch(NOW - 15 * MINUTE, NOW - 2_000, NOW);
    refuse(500, 15, ['a']);
    expect(brake.verdict()!.reason).toMatch(/records just appended have an append time in the past/);
  });

  it('takes an append time in the future, and one that follows unread records, for no witness', () => {
    brake.beginBatch(NOW - 15 * MINUTE, null, NOW);
    refuse(500, 15, ['a']);
    expect(brake.verdict()).toBeNull();
    brake.beginBatch(NOW + 15 * MINUTE, NOW - 2_000, NOW);
    expect(brake.verdict()).toBeNull();
  });

  it('forgets what is older than its window, and everything on request', () => {
    refuse(500, 15, undefined, 0);
    brake.accept(1, 6 * MINUTE);
    expect(brake.verdict()).toBeNull();
    refuse(500, 15, undefined, 6 * MINUTE);
    brake.clear();
    expect(brake.verdict()).toBeNull();
  });
});
