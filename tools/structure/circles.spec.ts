import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { circlesOf, foldersOf, importsOf, withoutTests } from './circles.ts';

const files = globSync('{apps,libs,tools}/**/*.{ts,tsx,mjs,css}', {
  cwd: REPOSITORY_ROOT,
  exclude: (name) => /(^|\/)(node_modules|dist|test-results)$/.test(String(name)),
});
const sources = new Map(files.map((file) => [file, readFileSync(path.join(REPOSITORY_ROOT, file), 'utf8')]));
const imports = importsOf(withoutTests(sources));
const graph = (edges: Record<string, string[]>) =>
  new Map(Object.entries(edges).map(([from, to]) => [from, new Set(to)]));

describe('imports', () => {
  it('form no circle of files', () => {
    expect(imports.size).toBeGreaterThan(900);
    expect(circlesOf(imports)).toEqual([]);
  });

  it('form no circle of folders', () => {
    const folders = foldersOf(imports);
    expect(folders.size).toBeGreaterThan(150);
    expect(circlesOf(folders)).toEqual([]);
  });

  it.each([
    [`import { b } from './b.ts';`],
    [`import {\n  b,\n  type C,\n} from './b.ts';`],
    [`import type * as b from '../a/b.ts';`],
    [`import './b.ts';`],
    [`export * from './b.ts';`],
    [`export { b } from './b.ts';`],
    [`const b = await import('./b.ts');`],
    [`type B = import('./b.ts').B;`],
  ])('are seen: %s', (text) => {
    const texts = new Map([
      ['apps/x/src/a/a.ts', `${text}\n`],
      ['apps/x/src/a/b.ts', `import { a } from './a.ts';\n`],
    ]);
    expect(circlesOf(importsOf(texts))).toEqual([['apps/x/src/a/a.ts', 'apps/x/src/a/b.ts']]);
  });

  it('of libraries lead to their sources, and those of tests nowhere', () => {
    const texts = new Map([
      ['libs/a/src/nest/index.ts', `import { b } from '@chip/b';\n`],
      ['libs/b/src/index.ts', `import { a } from '@chip/a/nest';\nimport { c } from './c.spec.ts';\n`],
      ['libs/b/src/c.spec.ts', `import { b } from './index.ts';\n`],
    ]);
    expect(circlesOf(importsOf(withoutTests(texts)))).toEqual([['libs/a/src/nest/index.ts', 'libs/b/src/index.ts']]);
  });

  it('count for the folder and for those that it is in', () => {
    const down = { 'a/one/x.ts': ['b/y.ts'], 'b/y.ts': ['c/z.ts'], 'c/z.ts': [] };
    expect(circlesOf(foldersOf(graph(down)))).toEqual([]);
    expect(circlesOf(foldersOf(graph({ ...down, 'c/z.ts': ['a/two.ts'] })))).toEqual([['a', 'b', 'c']]);
    expect(circlesOf(foldersOf(graph({ 'a/x.ts': ['a/b/y.ts'], 'a/b/y.ts': ['a/z.ts'] })))).toEqual([]);
  });
});

describe('circles', () => {
  it('are found however they are entered, and joined where they meet', () => {
    expect(circlesOf(graph({ a: ['b'], b: ['c'], c: ['d'], d: ['b', 'e'], e: [] }))).toEqual([['b', 'c', 'd']]);
    expect(circlesOf(graph({ a: ['b', 'd'], b: ['c'], c: ['b'], d: ['a'] }))).toEqual([
      ['b', 'c'],
      ['a', 'd'],
    ]);
    expect(circlesOf(graph({ a: ['a'] }))).toEqual([['a']]);
    expect(circlesOf(graph({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }))).toEqual([]);
  });
});
