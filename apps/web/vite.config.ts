/** Builds the page: hashed assets with compressed copies beside them, and the runbooks as HTML. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { marked } from 'marked';
import { defineConfig, type Plugin } from 'vite';

const RUNBOOKS = path.resolve(import.meta.dirname, '../../docs/runbooks');

/** Links between runbooks stay links; other pages and hosts are not there, so only their text stays. */
marked.use({
  renderer: {
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens);
      const [, code] = /^([\w-]+)\.md(?:#.*)?$/.exec(href) ?? [];
      return code === undefined ? text : `<a href="/runbooks/${code}">${text}</a>`;
    },
  },
});

/** `virtual:runbooks`: the pages by code, as HTML, so that the browser needs no renderer and no other host. */
function runbooks(): Plugin {
  const id = 'virtual:runbooks';
  return {
    name: 'runbooks',
    resolveId: (source) => (source === id ? `\0${id}` : null),
    load(source) {
      if (source !== `\0${id}`) {
        return null;
      }
      const pages = globSync('*.md', { cwd: RUNBOOKS })
        .filter((file) => file !== 'README.md')
        .sort()
        .map((file) => {
          this.addWatchFile(path.join(RUNBOOKS, file));
          return [file.replace(/\.md$/, ''), marked.parse(readFileSync(path.join(RUNBOOKS, file), 'utf8'))];
        });
      return `export const runbooks = ${JSON.stringify(Object.fromEntries(pages))};`;
    },
  };
}

/** Writes `.gz` and `.br` beside each text asset, which the server sends as they are. */
function compressedCopies(): Plugin {
  return {
    name: 'compressed-copies',
    writeBundle({ dir = '' }, bundle) {
      for (const name of Object.keys(bundle).filter((file) => /\.(js|css|svg|html)$/.test(file))) {
        const file = path.join(dir, name);
        const content = readFileSync(file);
        writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
        writeFileSync(`${file}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
      }
    },
  };
}

export default defineConfig({
  plugins: [runbooks(), compressedCopies()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    // The first that have what the page calls: AbortSignal.any and Map.groupBy (Safari 17.4), popovers (Firefox 125).
    target: ['chrome120', 'firefox125', 'safari17.4'],
    // The content security policy of the server forbids inline code, styles and data.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // "vite" alone serves the page from its sources, with the answers of a running stack.
  server: { proxy: { '/v1': process.env['QUERY_URL'] ?? 'http://127.0.0.1:3000' } },
});
