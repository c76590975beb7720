import { describe, expect, it } from '@jest/globals';
import { CATALOGUE, SHORT_LIST } from '../catalogue/catalogue.ts';
import { schedule } from './schedule.ts';

function names(seed: string, count: number): string[] {
  const taken: string[] = [];
  for (const { name } of schedule(seed, CATALOGUE)) {
    taken.push(name);
    if (taken.length === count) {
      break;
    }
  }
  return taken;
}

describe('the schedule', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(names('a', 60)).toEqual(names('a', 60));
    expect(names('a', 60)).not.toEqual(names('b', 60));
  });

  it('has every fault in its first round, and what cannot be undone only there', () => {
    const first = names('a', CATALOGUE.length);
    expect([...first].sort()).toEqual(CATALOGUE.map(({ name }) => name).sort());
    const second = names('a', CATALOGUE.length * 2 - 1).slice(CATALOGUE.length);
    const once = CATALOGUE.filter(({ isOnce }) => isOnce).map(({ name }) => name);
    expect(second.filter((name) => once.includes(name))).toEqual([]);
  });

  it('has at least thirty faults, each with a name of its own, and six fast ones', () => {
    expect(CATALOGUE.filter(({ isLong }) => !isLong).length).toBeGreaterThanOrEqual(30);
    expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length);
    expect(SHORT_LIST).toHaveLength(6);
    expect(SHORT_LIST.every((name) => CATALOGUE.some((fault) => fault.name === name))).toBe(true);
  });
});
