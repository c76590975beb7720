import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';

/**
 * A boundary counts only if an import that breaks it fails: each rule of eslint.config.mjs is broken here once, in the
 * text of an existing file, and kept once where the two are easily confused.
 */
const FORBIDDEN: readonly [file: string, imported: string][] = [
  ['apps/ingest/src/main.ts', '../../writer/src/flush.ts'],
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
  ['apps/query/src/main.ts', '@chip/persistence/testing'],
  ['libs/testing/src/index.ts', '@chip/persistence'],
  ['tools/e2e/pipeline.ts', '@chip/persistence'],
  ['tools/e2e/pipeline.ts', '../../apps/writer/src/flush.ts'],
  ['apps/web/src/format/csv.ts', '@chip/contracts'],
  ['apps/web/src/format/csv.ts', '@nestjs/common'],
];
const ALLOWED: readonly [file: string, imported: string][] = [
  ['apps/ingest/src/main.ts', '@chip/kafka'],
  ['apps/writer/src/main.ts', '@chip/persistence'],
  ['apps/operator/src/dlq.ts', '@chip/letters'],
  ['libs/letters/src/index.ts', '@chip/classify'],
  ['libs/kafka/src/index.ts', 'kafkajs'],
  ['libs/persistence/src/index.ts', 'pg'],
  ['tools/e2e/pipeline.ts', '@chip/testing'],
];

// In a separate process: ESLint loads its configuration in ways that jest's module system does not support.
const LINT = `
  import { ESLint } from 'eslint';
  let input = '';
  for await (const chunk of process.stdin) input += chunk;
  const isBoundary = (ruleId) => ['@nx/enforce-module-boundaries', 'no-restricted-imports'].includes(ruleId);
  const eslint = new ESLint({ ruleFilter: ({ ruleId }) => isBoundary(ruleId) });
  const results = [];
  for (const [file, imported] of JSON.parse(input)) {
    const code = "import * as subject from '" + imported + "';\\nexport const used: unknown = subject;\\n";
    const [{ messages }] = await eslint.lintText(code, { filePath: file });
    if (messages.some(({ fatal }) => fatal)) throw new Error(file + ': ' + messages[0].message);
    results.push(messages.filter(({ ruleId }) => isBoundary(ruleId)).map(({ message }) => message));
  }
  process.stdout.write(JSON.stringify(results));
`;

const broken = new Map<string, string[]>();

beforeAll(() => {
  const cases = [...FORBIDDEN, ...ALLOWED];
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', LINT], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    input: JSON.stringify(cases),
    encoding: 'utf8',
  });
  // Without a project graph the rule only warns and is skipped.
  if (run.status !== 0 || /project graph/i.test(run.stderr + run.stdout)) {
    throw new Error(`the boundary rule did not run (start it through nx): ${run.stderr}${run.stdout}`);
  }
  (JSON.parse(run.stdout) as string[][]).forEach((messages, i) => broken.set(cases[i]!.join(' '), messages));
}, 120_000);

describe('boundaries', () => {
  it.each(FORBIDDEN)('%s may not import %s', (...pair) => expect(broken.get(pair.join(' '))).toHaveLength(1));
  it.each(ALLOWED)('%s may import %s', (...pair) => expect(broken.get(pair.join(' '))).toEqual([]));
});
