import { describe, expect, it } from '@jest/globals';
import { parseOptions } from './options.ts';

const SCENES = ['pitr', 'failover'];

describe('options of a drill', () => {
  it('name one drill and have defaults', () => {
    expect(parseOptions(['pitr'], SCENES)).toEqual({
      scene: 'pitr',
      times: 1,
      seed: expect.stringMatching(/^[0-9a-f]{8}$/),
      rate: 800,
      windowDays: 30,
      isInS3: false,
      isShortOfBlocks: false,
      from: '052d6b6',
    });
    expect(parseOptions(['pitr', '--store', 's3'], SCENES)).toMatchObject({ isInS3: true });
    expect(parseOptions(['failover', '--times', '3', '--seed', 's', '--blocks-expired'], SCENES)).toMatchObject({
      scene: 'failover',
      times: 3,
      seed: 's',
      isShortOfBlocks: true,
    });
  });

  it.each([
    [[], 'name one drill: pitr, failover'],
    [['fire'], 'name one drill: pitr, failover'],
    [['pitr', 'failover'], 'name one drill'],
    [['pitr', '--times', '0'], '--times must be a whole number from 1 to 100, not "0"'],
    [['pitr', '--window', 'x'], '--window must be a whole number'],
    [['pitr', '--store', 'tape'], '--store must be folder or s3, not "tape"'],
    [['pitr', '--unknown'], "Unknown option '--unknown'"],
  ])('%j is refused', (argv, message) => {
    expect(() => parseOptions(argv, SCENES)).toThrow(message);
  });
});
