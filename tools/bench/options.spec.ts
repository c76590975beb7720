import { describe, expect, it } from '@jest/globals';
import { readOptions } from './options.ts';

const asked = (...argv: string[]) => readOptions(argv).asked;

describe('readOptions', () => {
  it('works off backlogs unless something else is asked for', () => {
    expect(asked().map(({ what }) => what)).toEqual(['backlogs']);
    expect(asked('--steady', '--aims').map(({ what }) => what)).toEqual(['steady', 'aims']);
    expect(asked('--backlogs', '--aims').map(({ what }) => what)).toEqual(['backlogs', 'aims']);
    expect(asked('--aims', '--instances', '1,2').map(({ what }) => what)).toEqual(['backlogs', 'aims']);
  });

  it('waits for the disk only where something is loaded at full size', () => {
    expect(readOptions(['--steady', '--aims']).isDurable).toBe(true);
    expect(readOptions(['--aims']).isDurable).toBe(false);
    expect(readOptions(['--steady', '--short']).isDurable).toBe(false);
  });

  it('asks every route of a size, unless something else is asked of it', () => {
    expect(asked('--size', '20k').map(({ what }) => what)).toEqual(['routes']);
    expect(asked('--size', '20k', '--aims', '--clients', '3').map(({ what }) => what)).toEqual(['clients', 'aims']);
  });

  it('lets what adds to a history follow what only asks about it', () => {
    expect(asked('--storm', '--routes', '--aims').map(({ what }) => what)).toEqual(['routes', 'aims', 'storm']);
    expect(readOptions(['--storm', '--routes']).isDurable).toBe(true);
  });

  it('takes ten samples with each inspection of a size', () => {
    expect(asked('--size', '10m')).toMatchObject([
      { size: { inspections: 10_000_000, samples: 100_000_000, days: 365 } },
    ]);
    expect(asked('--size', '20K')).toMatchObject([{ size: { inspections: 20_000, samples: 200_000 } }]);
  });

  it('lets several instances work off a backlog where it is only to be seen that everything works', () => {
    expect([asked()[0], asked('--short')[0]]).toMatchObject([{ crew: 0 }, { crew: 2 }]);
  });

  it('reads numbers of instances', () => {
    expect(asked('--instances', '1,2,4')).toMatchObject([{ instances: [1, 2, 4] }]);
  });

  it.each([
    [['--size', '10g'], '--size must be a whole number from 2000 to 100000000, not "10g"'],
    [['--instances', '1,,2'], '--instances must be a whole number from 1 to 16, not ""'],
    [['--only', 'events'], '--only events is in no name of a case'],
    [['--peers', '--only', '444'], '--peers loads telemetry, of which --only 444 leaves nothing'],
    [['--clients', '0'], '--clients must be a whole number from 1 to 200, not "0"'],
  ])('refuses %j', (argv, message) => {
    expect(() => asked(...argv)).toThrow(message);
  });
});
