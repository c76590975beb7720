// Compiles TypeScript by the .swcrc of the workspace that the current folder is in: `node ../../tools/compile.mjs src dist`
// makes dist/a/b.js and its source map of src/a/b.ts, and so on for each pair of folders. Tests beside sources stay out.
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { transformFileSync } from '@swc/core';

function compile(from, to) {
  rmSync(to, { recursive: true, force: true });
  for (const file of globSync('**/*.ts', { cwd: from, exclude: ['**/*.spec.ts', '**/*.d.ts'] })) {
    const source = path.join(from, file);
    const target = path.join(to, file.replace(/ts$/, 'js'));
    const sourceFileName = path.relative(path.dirname(target), source);
    const { code, map } = transformFileSync(source, { configFile: '../../.swcrc', sourceFileName });
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, `${code}\n//# sourceMappingURL=${path.basename(target)}.map`);
    writeFileSync(`${target}.map`, map);
  }
}

for (let folders = process.argv.slice(2); folders.length > 0; folders = folders.slice(2)) {
  compile(folders[0], folders[1]);
}
