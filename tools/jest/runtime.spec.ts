import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

interface Assertion {
  readonly title: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

interface Suite {
  readonly name: string;
  readonly message: string;
  readonly assertionResults: readonly Assertion[];
}

const IMPORT = "import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';";
const SUITES = {
  'a.spec.ts': `${IMPORT}
import { count } from './shared.ts';
interface Gone { readonly types: 'leave' }
jest.setTimeout(200);
process.env['LEFT_BY_A'] = 'yes';
jest.spyOn(Math, 'random').mockReturnValue(7);
it('differs on line 8', () => { const x: number = 1;
  expect(x).toBe(2); });
it('hangs', () => new Promise(() => {}));
it('throws later', async () => { setTimeout(() => { throw new Error('from a timer'); }); await new Promise((r) => setTimeout(r, 20)); });
it('rejects unseen', async () => { void Promise.reject(new Error('nobody waits')); await new Promise((r) => setTimeout(r, 20)); });
describe('after a failed hook', () => { beforeAll(() => { throw new Error('no server'); }); it('is not run', () => {}); });
it.each([1, 2])('counts to %i', (n) => expect(count()).toBe(n));
afterAll(() => { throw new Error('left open'); });`,
  'b.spec.ts': `${IMPORT}
import { count } from './shared.ts';
it('has a clean process', () => { expect(process.env['LEFT_BY_A']).toBeUndefined(); expect(Math.random()).toBeLessThan(1); });
it('has time again', () => new Promise((r) => setTimeout(r, 300)));
it('shares modules', () => expect(count()).toBe(3));`,
  'c.spec.ts': `${IMPORT}
throw new Error('while loading');`,
  'd.spec.ts': `${IMPORT}
import { nothing } from './nowhere.ts';
it('never', nothing);`,
  'package.json': '{ "type": "module" }',
  'shared.ts': 'let calls = 0;\nexport const count = (): number => (calls += 1);',
} as const;

describe('jest with shared modules', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'suites-'));
  const suites = new Map<string, Suite>();
  let status: number | null;

  beforeAll(() => {
    for (const [name, text] of Object.entries(SUITES)) {
      writeFileSync(path.join(folder, name), text);
    }
    // nx asks for colours.
    const env = { ...process.env, FORCE_COLOR: '0' };
    // The sequence is by size, largest first: a runs before b.
    const jest = path.resolve(import.meta.dirname, '..', 'jest.mjs');
    ({ status } = spawnSync(process.execPath, [jest, 'unit', '--runInBand'], { cwd: folder, stdio: 'ignore', env }));
    const report = JSON.parse(readFileSync(path.join(folder, 'test-results/unit.json'), 'utf8')) as {
      testResults: Suite[];
    };
    report.testResults.forEach((suite) => suites.set(path.basename(suite.name), suite));
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const failures = (suite: string): Record<string, string> =>
    Object.fromEntries(
      suites
        .get(suite)!
        .assertionResults.filter((test) => test.status === 'failed')
        .map((test) => [test.title, test.failureMessages.join('\n')]),
    );

  it('fails as a whole', () => {
    expect(status).toBe(1);
  });

  it('reports each way to fail, and nothing else', () => {
    expect(failures('a.spec.ts')).toEqual({
      'differs on line 8': expect.stringContaining('Expected: 2'),
      hangs: expect.stringContaining('Exceeded timeout of 200 ms'),
      'throws later': expect.stringContaining('from a timer'),
      'rejects unseen': expect.stringContaining('nobody waits'),
      'is not run': expect.stringContaining('no server'),
    });
    expect(suites.get('a.spec.ts')!.message).toContain('left open');
  });

  it('names lines of the TypeScript', () => {
    expect(failures('a.spec.ts')['differs on line 8']).toContain('a.spec.ts:8:13');
    expect(failures('a.spec.ts')['hangs']).toContain('a.spec.ts:9:1');
    expect(failures('a.spec.ts')['hangs']).not.toContain('globals.mjs');
  });

  it('puts the process back between suites that share modules', () => {
    expect(suites.get('b.spec.ts')!.assertionResults.map((test) => test.status)).toEqual([
      'passed',
      'passed',
      'passed',
    ]);
  });

  it('fails a suite that cannot be loaded', () => {
    expect(suites.get('c.spec.ts')!.message).toContain('while loading');
    expect(suites.get('d.spec.ts')!.message).toContain('nowhere.ts');
  });
});
