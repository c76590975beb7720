// One jest configuration for every project; tools/jest.mjs picks the project (rootDir) and the kind (unit or int).
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));

export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'mjs', 'js', 'json', 'node'],
  // Libraries are tested from their sources: a stale build can never make a test pass.
  moduleNameMapper: {
    '^@chip/([a-z-]+)$': `${root}libs/$1/src/index.ts`,
    '^@chip/([a-z-]+)/([a-z-]+)$': `${root}libs/$1/src/$2/index.ts`,
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
        swcrc: false,
      },
    ],
  },
  modulePathIgnorePatterns: ['/dist/', '/.local/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  cacheDirectory: `${root}.nx/jest`,
};
