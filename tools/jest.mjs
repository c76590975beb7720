// Runs jest for the project in the current folder: `node ../../tools/jest.mjs unit|int [jest options]`.
// unit = *.spec.ts (no I/O); int = *.int-spec.ts (real Kafka and TimescaleDB). Results go to test-results/<kind>.json,
// which `npm test` adds up, even when nx answers from its cache.
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const kinds = { unit: '\\.spec\\.ts$', int: '\\.int-spec\\.ts$' };
const [kind, ...rest] = process.argv.slice(2);
if (!(kind in kinds)) {
  console.error('usage: node tools/jest.mjs unit|int [jest options]');
  process.exit(2);
}
const root = fileURLToPath(new URL('..', import.meta.url));
mkdirSync('test-results', { recursive: true });
// The JSON goes to the file, jest's readable report to standard error. Input and output are nobody's, those of what suites
// start included: a file that is opened takes the number that was freed.
for (const [stream, flags] of [
  [0, 'r'],
  [1, 'w'],
]) {
  closeSync(stream);
  openSync('/dev/null', flags);
}
process.env.NODE_ENV ??= 'test';
// Here, not in a process of its own: starting Node takes a tenth of what jest takes to start.
const { run } = await import('jest');
await run([
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
]);
