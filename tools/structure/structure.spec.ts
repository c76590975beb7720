/**
 * Rooms small enough to be read: at most 12 source files in a folder, at most 350 lines in a file. What is larger is
 * listed with its reason and its size of today, which may only shrink.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../devstack/layout.ts';

const MOST_FILES = 12;
const MOST_LINES = 350;

interface Exception {
  readonly size: number;
  readonly reason: string;
}

const LARGE_FOLDERS: Readonly<Record<string, Exception>> = {
  'libs/persistence/src/schema/migrations': {
    size: 40,
    reason: 'one file per migration, in their order; it grows by design',
  },
  'tools/faults/catalogue': { size: 15, reason: 'a file per kind of fault' },
};

const LARGE_FILES: Readonly<Record<string, Exception>> = {
  'apps/machines/src/fab/inspections.ts': { size: 401, reason: 'to be split' },
  'apps/writer/src/loaders/inspection/inspection-loader.ts': { size: 450, reason: 'to be split' },
  'apps/writer/src/partition/partition-writer.ts': { size: 607, reason: 'to be split' },
  'libs/kafka/src/consume/group-consumer.ts': { size: 415, reason: 'to be split' },
  'tools/deploy/checks.ts': { size: 358, reason: 'to be split' },
};

const sources = globSync('{apps,libs,tools}/**/*.{ts,mjs}', {
  cwd: repositoryRoot,
  exclude: (name) => /(^|\/)(node_modules|dist|test-results)$/.test(String(name)),
}).filter((file) => !/\.d\.m?ts$/.test(file));
const isTest = (file: string): boolean => /\.(int-)?spec\.ts$/.test(file);

/** What is larger than allowed, and exceptions that hold no longer, in words. */
function problems(
  sizes: ReadonlyMap<string, number>,
  most: number,
  exceptions: Readonly<Record<string, Exception>>,
): string[] {
  const tooLarge = [...sizes]
    .filter(([name, size]) => size > (exceptions[name]?.size ?? most))
    .map(([name, size]) => `${name}: ${size}, at most ${exceptions[name]?.size ?? most}`);
  const stale = Object.keys(exceptions)
    .filter((name) => (sizes.get(name) ?? 0) <= most)
    .map((name) => `${name}: is small now, take it off the list`);
  return [...tooLarge, ...stale];
}

describe('structure', () => {
  it('has folders of at most 12 source files', () => {
    const sizes = new Map<string, number>();
    for (const file of sources.filter((name) => !isTest(name))) {
      const folder = path.dirname(file);
      sizes.set(folder, (sizes.get(folder) ?? 0) + 1);
    }
    expect(sizes.size).toBeGreaterThan(30);
    expect(problems(sizes, MOST_FILES, LARGE_FOLDERS)).toEqual([]);
  });

  it('has files of at most 350 lines', () => {
    const sizes = new Map(
      sources
        .filter((name) => !isTest(name))
        .map((file) => [file, readFileSync(path.join(repositoryRoot, file), 'utf8').split('\n').length - 1]),
    );
    expect(problems(sizes, MOST_LINES, LARGE_FILES)).toEqual([]);
  });

  it('notices what grows, and exceptions that are needed no longer', () => {
    const sizes = new Map([
      ['small', 3],
      ['large', 5],
      ['listed', 9],
      ['grown', 9],
    ]);
    const exceptions = {
      listed: { size: 9, reason: 'stated' },
      grown: { size: 8, reason: 'stated' },
      small: { size: 9, reason: 'stated' },
      gone: { size: 9, reason: 'stated' },
    };
    expect(problems(sizes, 4, exceptions).map((problem) => problem.split(':')[0])).toEqual([
      'large',
      'grown',
      'small',
      'gone',
    ]);
  });
});
