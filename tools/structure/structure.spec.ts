/**
 * Rooms small enough to read: at most 12 source files in a folder, at most 350 lines in a file. A longer file states
 * the reason on its first lines; there is no list of exceptions here.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';

const MAX_FILES = 12;
const MAX_LINES = 350;
const REASON = /^(.*\n){0,5}(\/\/| \*) Longer than 350 lines: \S+( \S+){3,}/;

/** Tests, declarations, and the numbered migrations, to which each release adds some. */
const IS_NOT_COUNTED = /\.(int-)?spec\.ts$|\.d\.m?ts$|\/migrations\/\d{4}-[^/]+\.ts$/;
const files = globSync('{apps,libs,tools}/**/*.{ts,tsx,mjs}', {
  cwd: REPOSITORY_ROOT,
  exclude: (name) => /(^|\/)(node_modules|dist|test-results)$/.test(String(name)),
});
const sources = files.filter((file) => !IS_NOT_COUNTED.test(file));

function foldersTooLarge(all: readonly string[]): string[] {
  const sizes = new Map<string, number>();
  for (const folder of all.map((file) => path.dirname(file))) {
    sizes.set(folder, (sizes.get(folder) ?? 0) + 1);
  }
  return [...sizes].filter(([, size]) => size > MAX_FILES).map(([folder, size]) => `${folder}: ${size} files`);
}

function problemOf(file: string, text: string): string | undefined {
  const lines = text.split('\n').length - 1;
  if (lines > MAX_LINES === REASON.test(text)) {
    return undefined;
  }
  return lines > MAX_LINES
    ? `${file}: ${lines} lines without "Longer than 350 lines: <reason>" at its top`
    : `${file}: ${lines} lines, and says that it is longer`;
}

interface Project {
  readonly targets?: Record<string, unknown>;
}

/** The project of a file: that of the nearest folder that has one. */
function projectOf(file: string): { folder: string; targets: readonly string[] } {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const [project, workspace] = ['project.json', 'package.json'].map((name) =>
      path.join(REPOSITORY_ROOT, folder, name),
    ) as [string, string];
    if (existsSync(project) || existsSync(workspace)) {
      const { targets = {} } = existsSync(project)
        ? (JSON.parse(readFileSync(project, 'utf8')) as Project)
        : ((JSON.parse(readFileSync(workspace, 'utf8')) as { nx?: Project }).nx ?? {});
      return { folder, targets: Object.keys(targets) };
    }
  }
}

describe('structure', () => {
  it('has a target for the tests of each project', () => {
    const needed = files
      .filter((file) => /\.(int-)?spec\.ts$/.test(file))
      .map((file) => ({ ...projectOf(file), target: file.endsWith('.int-spec.ts') ? 'test:int' : 'test:unit' }));
    expect(needed.length).toBeGreaterThan(250);
    const missing = needed.filter(({ targets, target }) => !targets.includes(target));
    expect([...new Set(missing.map(({ folder, target }) => `${folder}: ${target}`))]).toEqual([]);
  });

  it('has folders of at most 12 source files', () => {
    expect(new Set(sources.map((file) => path.dirname(file))).size).toBeGreaterThan(30);
    expect(foldersTooLarge(sources)).toEqual([]);
  });

  it('has files of at most 350 lines, unless they say why they are longer', () => {
    const problems = sources.map((file) => problemOf(file, readFileSync(path.join(REPOSITORY_ROOT, file), 'utf8')));
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });

  it('notices what grows, and reasons that are needed no longer', () => {
    const thirteen = Array.from({ length: 13 }, (_, nth) => `apps/a/src/${nth}.ts`);
    expect(foldersTooLarge(thirteen)).toEqual(['apps/a/src: 13 files']);
    expect(foldersTooLarge(thirteen.slice(1))).toEqual([]);
    const reason = '// Longer than 350 lines: one state machine, read in one go.\n';
    const long = 'x;\n'.repeat(360);
    expect(problemOf('a.ts', long)).toContain('360 lines without');
    expect(problemOf('a.ts', `// Longer than 350 lines: yes\n${long}`)).toContain('without "Longer');
    expect(problemOf('a.ts', reason + long)).toBeUndefined();
    expect(problemOf('a.ts', reason)).toContain('says that it is longer');
    expect(problemOf('a.ts', 'x;\n')).toBeUndefined();
  });
});
