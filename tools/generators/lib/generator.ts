/** `npx nx g @chip/tools:lib <name>`: a library that may import only the contracts, until someone allows more. */
import type { Tree } from 'nx/src/generators/tree.js';
import { addEntry, insertBehind, write } from '../edit.ts';

export default async function generateLib(tree: Tree, { name }: { readonly name: string }): Promise<void> {
  const folder = `libs/${name}`;
  await write(
    tree,
    `${folder}/package.json`,
    JSON.stringify({
      name: `@chip/${name}`,
      version: '0.1.0',
      private: true,
      type: 'module',
      exports: { '.': { types: './src/index.ts', default: './dist/index.js' } },
      nx: {
        name,
        tags: [`type:${name}`],
        targets: { build: {}, lint: {}, 'test:unit': {} },
      },
    }),
  );
  await write(tree, `${folder}/src/index.ts`, `/** What this library knows, in one sentence. */\nexport {};\n`);
  await write(tree, 'tools/lint/arrows.mjs', [
    insertBehind(/^ {6}'type:classify',\n/, `      'type:${name}',\n`),
    addEntry(
      /^const ARROWS/m,
      `'type:${name}': { projects: ['type:contracts'], not: [...KAFKA_CLIENT, ...DATABASE_CLIENT, ...NEST] }`,
    ),
  ]);
}
