// Makes Node itself load the TypeScript of the workspace, with decorators, and resolve libraries to their sources.
// Compiled files are kept by content: the next process, and the next run, only read them.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync, version } from '@swc/core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = path.join(root, '.nx', 'jest', 'sources');
const globals = new URL('globals.mjs', import.meta.url).href;

/** The same as .swcrc, which builds the services, but imports keep their names: this process loads sources. */
const options = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2024',
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: true,
  swcrc: false,
};
const settings = JSON.stringify([version, options]);

/** The source map of each compiled file, by its path and by its URL: jest turns the lines of stacks back with them. */
export const sourceMaps = new Map();

/** Another process may compile the same file at the same time: it must never read half of one. */
function write(file, text) {
  const whole = `${file}.${process.pid}`;
  writeFileSync(whole, text);
  renameSync(whole, file);
}

function compile(file) {
  const source = readFileSync(file, 'utf8');
  const key = createHash('sha1').update(settings).update(file).update('\0').update(source).digest('hex');
  const [compiled, map] = [path.join(cache, `${key}.js`), path.join(cache, `${key}.map`)];
  sourceMaps.set(file, map).set(pathToFileURL(file).href, map);
  try {
    return readFileSync(compiled, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') {
      throw error;
    }
  }
  const result = transformSync(source, { ...options, filename: file });
  mkdirSync(cache, { recursive: true });
  write(map, result.map);
  write(compiled, result.code);
  return result.code;
}

/** Libraries are tested from their sources: a stale build can never make a test pass. */
function librarySource(specifier) {
  const [, library, part] = /^@chip\/([a-z-]+)(?:\/([a-z-]+))?$/.exec(specifier) ?? [];
  return library && pathToFileURL(path.join(root, 'libs', library, 'src', part ?? '', 'index.ts')).href;
}

/** A suite is loaded once, and its copy with it; the name keeps the copies apart. */
const globalsFor = (importer) => (/spec\.ts$/.test(importer) ? `${globals}?${encodeURIComponent(importer)}` : globals);

registerHooks({
  resolve(specifier, context, next) {
    const url = specifier === '@jest/globals' ? globalsFor(context.parentURL) : librarySource(specifier);
    return url ? { url, shortCircuit: true } : next(specifier, context);
  },
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts') || url.includes('/node_modules/')) {
      return next(url, context);
    }
    return { format: 'module', source: compile(fileURLToPath(url)), shortCircuit: true };
  },
});
