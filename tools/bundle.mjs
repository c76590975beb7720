// Builds the application in the current folder: `node ../../tools/bundle.mjs main` writes dist/main.js for src/main.ts, and
// so on for each name, with all packages in a few files beside it: a process that looks for thousands of files, and compiles
// each, takes twice the processor time to start. Own code and packages stay readable, and own code has source maps.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';

const LIBS = path.resolve(import.meta.dirname, '../libs');
const LIBRARY = new RegExp(`^${RegExp.escape(LIBS)}/\\w+/src/`);
const PACKAGES = 'packages';
const isOfPackages = ({ name }) => name?.startsWith(PACKAGES) ?? false;

/** Of a file of packages: smaller ones become part of another. */
const LEAST_CHARACTERS = 200_000;

/** A map of the packages would cost a service more memory than it helps. */
const mapOwnCodeOnly = {
  name: 'map-own-code-only',
  generateBundle(_options, files) {
    for (const [file, chunk] of Object.entries(files)) {
      if (isOfPackages(chunk)) {
        chunk.code = chunk.code.replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n');
        delete files[`${file}.map`];
      }
    }
  },
};

/**
 * Whoever imports a module of Node makes it work out every name there is to import: of `node:http` its `fetch` and HTTP/2,
 * which takes 40 ms, of `node:fs` its streams, of `node:process` the three of the process. Here only what is used.
 */
const builtinsOnDemand = {
  name: 'builtins-on-demand',
  resolveId: {
    filter: { id: /^(node:)?(fs|http|process|util)$/ },
    handler: (id) => `\0${id.replace('node:', '')}.cjs`,
  },
  load: {
    filter: { id: /^\0(fs|http|process|util)\.cjs$/ },
    handler: (id) => `module.exports = process.getBuiltinModule('node:${path.basename(id.slice(1), '.cjs')}');`,
  },
};

/** The logger asks for the files of its callers, which it needs for threads alone: Node would read all maps of sources. */
const callersWithoutMaps = {
  name: 'callers-without-maps',
  load: {
    filter: { id: /\/pino\/lib\/caller\.js$/ },
    handler(file) {
      const code = readFileSync(file, 'utf8');
      const unmapped = code.replace('getCallSites()', 'getCallSites({ sourceMap: false })');
      if (unmapped === code) {
        throw new Error('pino asks for its callers in another way');
      }
      return unmapped;
    },
  },
};

/** What a command does not use of a library stays out of it, so no module of a library may count on being loaded. */
const libraryOfUsedParts = {
  name: 'library-of-used-parts',
  transform: {
    filter: { id: LIBRARY, code: /^import '\./m },
    handler(_code, id) {
      throw new Error(`${id} imports a module for its effects, which are left out: call a function of it`);
    },
  },
};

const bundle = await rolldown({
  input: Object.fromEntries(process.argv.slice(2).map((entry) => [entry, `src/${entry}.ts`])),
  platform: 'node',
  // As tsconfig.base.json, which Rolldown does not find everywhere: in the stages of an image, packages are links.
  tsconfig: false,
  transform: {
    decorator: { legacy: true, emitDecoratorMetadata: true },
    typescript: { onlyRemoveTypeImports: true },
  },
  resolve: {
    alias: Object.fromEntries(readdirSync(LIBS).map((name) => [`@chip/${name}`, path.join(LIBS, name, 'src')])),
  },
  // Three contain machine code; the last one requires its parts in a way that no bundler sees.
  external: ['@node-rs/crc32', 'lz4-napi', 'snappy', 'jsonc-parser'],
  treeshake: { moduleSideEffects: [{ test: LIBRARY, sideEffects: false }] },
  plugins: [libraryOfUsedParts, builtinsOnDemand, callersWithoutMaps, mapOwnCodeOnly],
  // Packages look for others in case they are installed. One that we miss ourselves is worth a failed build.
  onLog: (_level, log) => {
    if (log.code !== 'UNRESOLVED_IMPORT' || !log.id?.includes('node_modules')) {
      throw new Error(log.message);
    }
  },
});
await bundle.write({
  dir: 'dist',
  cleanDir: true,
  // Rolldown appends the entries that need a chunk, and a number where two have one name.
  chunkFileNames: (chunk) => (isOfPackages(chunk) ? `${PACKAGES}.js` : '[name].js'),
  // A process reads only the packages that its entry needs, and others when it imports what needs them. Small files cost
  // more than they save.
  codeSplitting: {
    groups: [
      { name: PACKAGES, test: /node_modules/, entriesAware: true, entriesAwareMergeThreshold: LEAST_CHARACTERS },
    ],
  },
  // Names of classes appear in logs and in errors.
  keepNames: true,
  // Nest needs "reflect-metadata" before it.
  strictExecutionOrder: true,
  sourcemap: true,
  // Node reads each map as it loads the code, before any error: names and lines are all that it needs.
  sourcemapExcludeSources: true,
});
