/**
 * `npx nx g @chip/tools:stream <name>`: a stream whose records are one event each, from its topic to its own table. The
 * generated code works; the fields of the event are an example to replace. Run `npm run docs` afterwards.
 */
import type { Tree } from 'nx/src/generators/tree.js';
import { addEntry, addImport, insertBehind, write } from '../edit.ts';
import { classifier, classifierSpec, descriptor, event, loader, migration, namesOf } from './templates.ts';

const MIGRATIONS = 'libs/persistence/src/schema/migrations';
const LAST_IMPORT = /^import .* from '\.\/.*';\n/;

export default async function generateStream(tree: Tree, { name }: { readonly name: string }): Promise<void> {
  const names = namesOf(name, nextMigration(tree));
  const { constant, camel, pascal, number } = names;
  const streams = 'libs/contracts/src/streams';
  const folder = `${streams}/${name}`;
  const table = `${name}-events`;

  await write(tree, `${folder}/${name}-event.ts`, event(names));
  await write(tree, `${folder}/${name}.stream.ts`, descriptor(names));
  await write(tree, `${streams}/streams.ts`, [
    insertBehind(LAST_IMPORT, `import { ${constant} } from './${name}/${name}.stream.ts';\n`),
    (text) => text.replace(/(export const STREAMS = \[[^\]]*)\]/, `$1, ${constant}]`),
  ]);
  await write(tree, 'libs/contracts/src/index.ts', [
    insertBehind(
      /^export \* from '\.\/streams\/[^/]*\/.*;\n/,
      `export * from './streams/${name}/${name}-event.ts';\nexport * from './streams/${name}/${name}.stream.ts';\n`,
    ),
  ]);

  const classify = `classify${pascal}`;
  await write(tree, `libs/classify/src/${name}.ts`, classifier(names));
  await write(tree, `libs/classify/src/${name}.spec.ts`, classifierSpec(names));
  await write(tree, 'libs/classify/src/index.ts', [
    insertBehind(/^export \{ classify.*;\n/, `export { ${classify} } from './${name}.ts';\n`),
  ]);
  await write(tree, 'libs/classify/src/judge.ts', [
    insertBehind(LAST_IMPORT, `import { ${classify} } from './${name}.ts';\n`),
    addEntry(/^const JUDGES/m, `'${name}': judgeEvent(${classify})`),
  ]);
  await write(tree, 'apps/ingest/src/machine-stream/readers.ts', [
    addImport(classify, '@chip/classify'),
    addEntry(/^export const READERS/m, `'${name}': () => eventReader(${classify})`),
  ]);

  await write(tree, `apps/writer/src/loaders/${name}-loader.ts`, loader(names));
  await write(tree, 'apps/writer/src/loaders/loaders.ts', [
    insertBehind(LAST_IMPORT, `import { ${camel}Loader } from './${name}-loader.ts';\n`),
    addEntry(/^export const LOADERS/m, `'${name}': ${camel}Loader`),
  ]);

  await write(tree, `${MIGRATIONS}/${number}-${table}.ts`, migration(names));
  await write(tree, `${MIGRATIONS}/index.ts`, [
    insertBehind(LAST_IMPORT, `import { ${pascal}Events } from './${number}-${table}.ts';\n`),
    addEntry(/^export const MIGRATIONS/m, `{ name: '${number}-${table}', class: ${pascal}Events }`),
  ]);
}

function nextMigration(tree: Tree): string {
  const numbers = tree.children(MIGRATIONS).map((file) => Number(/^\d{4}/.exec(file)?.[0] ?? 0));
  return String(Math.max(...numbers) + 1).padStart(4, '0');
}
