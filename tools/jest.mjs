// Runs jest for the project in the current folder: `node ../../tools/jest.mjs unit|int [jest options]`.
// unit = *.spec.ts (no I/O); int = *.int-spec.ts (real Kafka and TimescaleDB). Results go to test-results/<kind>.json,
// which `npm test` adds up, even when nx answers from its cache.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const kinds = { unit: '\\.spec\\.ts$', int: '\\.int-spec\\.ts$' };
const [kind, ...rest] = process.argv.slice(2);
if (!(kind in kinds)) {
  console.error('usage: node tools/jest.mjs unit|int [jest options]');
  process.exit(2);
}
const root = fileURLToPath(new URL('..', import.meta.url));
mkdirSync('test-results', { recursive: true });
const result = spawnSync(
  process.execPath,
  [
    `${root}node_modules/jest/bin/jest.js`,
    '--config',
    `${root}jest.config.mjs`,
    '--rootDir',
    process.cwd(),
    '--testRegex',
    kinds[kind],
    '--passWithNoTests',
    '--json',
    '--outputFile',
    `test-results/${kind}.json`,
    // Suites mostly wait: for Kafka's timeouts, for answers of services, for a clock. Two at a time fill the waits.
    // Where suites share topics, the target of the project asks for one (--runInBand).
    ...(kind === 'int' && !rest.some((option) => /^--(maxWorkers|runInBand)/.test(option)) ? ['--maxWorkers=2'] : []),
    // Against what hangs, not against what is slow on a busy machine. Given twice, jest accepts neither.
    ...(rest.includes('--testTimeout') ? [] : ['--testTimeout', kind === 'int' ? '180000' : '60000']),
    ...rest,
  ],
  // The JSON goes to the file, jest's readable report to standard error.
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
process.exit(result.status ?? 1);
