// One jest configuration for every project; tools/jest.mjs picks the project (rootDir) and the kind (unit or int).
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));

export default {
  // Node loads the modules, once for all suites of a process.
  runtime: `${root}tools/jest/runtime.mjs`,
  testEnvironment: `${root}tools/jest/environment.mjs`,
  injectGlobals: false,
  transform: {},
  moduleFileExtensions: ['ts', 'mjs', 'js', 'json', 'node'],
  modulePathIgnorePatterns: ['/dist/', '/.local/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  cacheDirectory: `${root}.nx/jest`,
};
