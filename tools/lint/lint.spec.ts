import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'jsonc-parser';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';

/**
 * A boundary counts only if an import that breaks it fails: each rule of arrows.mjs is broken here once, and kept once where
 * the two are easily confused.
 */
const FORBIDDEN: readonly [file: string, imported: string][] = [
  ['apps/ingest/src/main.ts', '../../writer/src/flush.ts'],
  ['apps/ingest/src/main.ts', '@chip/writer'],
  ['apps/ingest/src/main.ts', '@chip/ingest'],
  ['apps/ingest/src/main.ts', 'kafkajs'],
  ['apps/writer/src/main.ts', 'pg'],
  ['apps/writer/src/main.ts', 'pg-copy-streams'],
  ['apps/query/src/main.ts', '@mikro-orm/core'],
  ['libs/contracts/src/index.ts', '@chip/service'],
  ['libs/contracts/src/index.ts', '@nestjs/common'],
  ['libs/contracts/src/index.ts', 'pg'],
  ['libs/classify/src/index.ts', '@chip/kafka'],
  ['libs/classify/src/index.ts', '@nestjs/common'],
  ['libs/service/src/index.ts', '@chip/kafka'],
  ['libs/service/src/index.ts', '@chip/persistence'],
  ['libs/service/src/index.ts', 'kafkajs'],
  ['libs/kafka/src/index.ts', '@chip/persistence'],
  ['libs/kafka/src/index.ts', 'pg'],
  ['libs/persistence/src/index.ts', '@chip/kafka'],
  ['libs/persistence/src/index.ts', 'kafkajs'],
  ['libs/letters/src/index.ts', 'kafkajs'],
  ['libs/letters/src/index.ts', '@chip/quality'],
  ['libs/quality/src/index.ts', '@chip/persistence'],
  ['libs/client/src/index.ts', '@chip/contracts'],
  ['libs/client/src/index.ts', '@nestjs/common'],
  ['apps/query/src/main.ts', '@chip/testing'],
  ['apps/query/src/main.ts', '@chip/testing/issuer'],
  ['apps/query/src/main.ts', '@chip/persistence/testing'],
  ['libs/testing/src/index.ts', '@chip/persistence'],
  ['tools/e2e/pipeline.ts', '@chip/persistence'],
  ['tools/e2e/pipeline.ts', '../../apps/writer/src/flush.ts'],
  ['tools/e2e/pipeline.ts', '../bench/bench.ts'],
  ['tools/e2e/pipeline.spec.ts', '../bench/bench.ts'],
  ['tools/generators/edit.ts', '../bench/bench.ts'],
  ['tools/generators/edit.ts', '../structure/circles.ts'],
  ['tools/docs/examples.ts', '../e2e/other.ts'],
  ['tools/devstack/layout.ts', '../e2e/pipeline.ts'],
  ['tools/devstack/commands/usage.mjs', '../../bundle.mjs'],
  ['tools/drill/run/drill.ts', '../../e2e/pipeline.ts'],
  ['tools/soak/soak.ts', '../bench/bench.ts'],
  ['apps/web/src/format/csv.ts', '@chip/contracts'],
  ['apps/web/src/format/csv.ts', '@nestjs/common'],
];
const ALLOWED: readonly [file: string, imported: string][] = [
  ['apps/ingest/src/main.ts', '@chip/kafka'],
  ['apps/ingest/src/main.ts', './flush.ts'],
  ['apps/writer/src/main.ts', '@chip/persistence'],
  ['apps/writer/src/main.ts', 'pg-connection-string'],
  ['apps/operator/src/dlq.ts', '@chip/letters'],
  ['libs/letters/src/index.ts', '@chip/classify'],
  ['libs/kafka/src/index.ts', 'kafkajs'],
  ['libs/persistence/src/index.ts', 'pg'],
  ['tools/e2e/pipeline.ts', '@chip/testing'],
  ['tools/e2e/pipeline.ts', '../devstack/layout.ts'],
  ['tools/e2e/pipeline.spec.ts', '../faults/system.ts'],
  ['tools/generators/generators.spec.ts', '../structure/circles.ts'],
  ['tools/docs/examples.ts', '../e2e/pipeline.ts'],
  ['tools/drill/run/drill.ts', '../../faults/system/system.ts'],
  ['tools/soak/soak.ts', '../drill/run/drill.ts'],
];
const importing = (name: string): string => `import * as subject from '${name}';\nsubject.use();`;
const SOME = 'libs/quality/src/some.ts';

/** Texts of a file that a rule of this folder reports once. */
const BROKEN: readonly [rule: string, text: string, file?: string][] = [
  ['arrows', `export * from 'pg';`],
  ['arrows', `export { Client } from 'pg';`],
  ['arrows', `export const load = () => import('pg');`],
  ['arrows', `export type Client = import('pg').Client;`],
  ['names', 'export interface lower { a: 1 }'],
  ['names', 'export type With_Underscore = 1;'],
  ['names', 'export class lower {}'],
  ['names', 'export enum lower { a }'],
  ['names', 'export enum Upper { A_B }'],
  ['names', 'export type Of<t> = t[];'],
  ['names', 'export function Upper() {}'],
  ['names', 'export function upper(Of: number) { return Of; }'],
  ['names', 'export class Upper { constructor(readonly of_it: number) {} }'],
  ['names', 'export let UPPER_CASE = f();'],
  ['names', 'export const Mixed_case = f();'],
  ['names', 'export const f = () => { const UPPER_CASE = f(); return UPPER_CASE; };'],
  ['names', 'export const f = () => { const HTTPServer = f(); return HTTPServer; };'],
  ['names', 'export const f = () => { const { a: UPPER_CASE, b: [c = 1] } = f(); return [UPPER_CASE, c]; };'],
  ['constants', 'export const seconds = 60;'],
  ['constants', 'const seconds = -60;\nexport { seconds };'],
  ['constants', 'export const folder = `${a}/b`;'],
  ['constants', `export const folder = path.join('a', 'b');`],
  ['constants', 'export const count = Number(a);'],
  ['constants', 'export const user = process.env.USER;'],
  ['lists', 'export const kinds = [1, 2];'],
  ['type-imports', `import { A } from './a.ts';\nexport const a = {} as A;`],
  ['type-imports', `import a from './a.ts';\nexport type A = typeof a.b;`],
  ['type-imports', `import { A, b } from './a.ts';\nexport const a = (c: A) => b(c.A, { A: c });`],
];
/** Texts that no rule of this folder reports. */
const KEPT: readonly [text: string, file?: string][] = [
  ['export const UPPER_CASE = f();\nexport const camelCase = f();\nexport const PascalCase = f();'],
  [
    'export const f = (snake_case: number) => { const other_name = snake_case; const Klass = f(1); return [other_name, Klass]; };',
  ],
  ['export const f = ({ UPPER_CASE, Mixed_case = 1 }) => [UPPER_CASE, Mixed_case];'],
  ['export const [_Unused, used] = f();'],
  ['export interface Row { UPPER_CASE: 1; snake_case(): void }\nexport class Row { UPPER_CASE = 1; snake_case() {} }'],
  ['export function Component() {}', 'apps/web/src/component.tsx'],
  ['export const SECONDS = 60;\nexport const f = () => { const seconds = 60; return seconds; };'],
  ['export const schema = f();\nexport const isUpper = /[A-Z]/;\nexport let seconds = 60;'],
  ['export const kinds = [1, 2];', 'libs/quality/src/some.spec.ts'],
  [`import { type A } from './a.ts';\nimport type { B } from './b.ts';\nexport const a = {} as A & B;`],
  [`import { A } from './a.ts';\nexport const a = (b: A) => b instanceof A;`],
  [`import { A } from './a.ts';\n@Injectable()\nexport class B { constructor(readonly a: A) {} }`],
  [`import { Chart } from './chart.tsx';\nexport const view = () => <Chart />;`, 'apps/web/src/view.tsx'],
];

/** By the name of each text, the rules that report it, once for each report. */
const reports = new Map<string, string[]>();
const IS_OF_THIS_FOLDER = /^chip\((.*)\)$|^eslint\((no-restricted-imports)\)$/;

/** Lints all texts in one run: each is a file of a folder that has the rules, and what they read of projects. */
function lintTexts(texts: ReadonlyMap<string, { readonly text: string; readonly file: string }>): void {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'chip-lint-')));
  const projects = globSync(['{apps,libs}/*/package.json', 'tools/{package,*/project}.json'], { cwd: REPOSITORY_ROOT });
  for (const file of ['tools/lint', ...projects]) {
    cpSync(path.join(REPOSITORY_ROOT, file), path.join(folder, file), { recursive: true });
  }
  const config = parse(readFileSync(path.join(REPOSITORY_ROOT, '.oxlintrc.json'), 'utf8')) as Record<string, unknown>;
  // No types: the files that are imported do not exist.
  writeFileSync(path.join(folder, '.oxlintrc.json'), JSON.stringify({ ...config, options: {} }));
  const files = new Map<string, string>();
  for (const [name, { text, file }] of texts) {
    const { dir, base } = path.parse(file);
    const place = path.join(dir, `${files.size}-${base}`);
    files.set(place, name);
    reports.set(name, []);
    mkdirSync(path.join(folder, dir), { recursive: true });
    writeFileSync(path.join(folder, place), `${text}\n`);
  }
  const program = path.join(REPOSITORY_ROOT, 'node_modules/.bin/oxlint');
  const { stdout, stderr } = spawnSync(program, ['--format=json'], { cwd: folder, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  if (!stdout.startsWith('{')) {
    throw new Error(`the linter did not run: ${stderr}${stdout}`);
  }
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string; code?: string; message: string }[] };
  for (const { filename, code, message } of diagnostics) {
    if (code === undefined) {
      throw new Error(`${files.get(filename)}: ${message}`);
    }
    const [, rule, other = rule] = IS_OF_THIS_FOLDER.exec(code) ?? [];
    if (other !== undefined) {
      reports.get(files.get(filename) ?? '')?.push(other);
    }
  }
}

const nameOf = (file: string, text: string): string => `${file}: ${text}`;
beforeAll(() => {
  const imported = [...FORBIDDEN, ...ALLOWED].map(([file, name]) => ({ file, text: importing(name) }));
  const texts = [
    ...imported,
    ...BROKEN.map(([, text, file = SOME]) => ({ text, file })),
    ...KEPT.map(([text, file = SOME]) => ({ text, file })),
  ];
  lintTexts(new Map(texts.map(({ text, file }) => [nameOf(file, text), { text, file }])));
}, 60_000);

describe('boundaries', () => {
  it.each(FORBIDDEN)('%s may not import %s', (file, name) => {
    expect(reports.get(nameOf(file, importing(name)))).toEqual([
      expect.stringMatching(/^(arrows|no-restricted-imports)$/),
    ]);
  });
  it.each(ALLOWED)('%s may import %s', (file, name) => expect(reports.get(nameOf(file, importing(name)))).toEqual([]));
});

describe('rules', () => {
  it.each(BROKEN)('%s reports: %s', (rule, text, file = SOME) => {
    expect(reports.get(nameOf(file, text))).toEqual([rule]);
  });
  it.each(KEPT)('none reports: %s', (text, file = SOME) => expect(reports.get(nameOf(file, text))).toEqual([]));
});
