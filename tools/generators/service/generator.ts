/**
 * `npx nx g @chip/tools:service <name>`: a service that reads the database and says whether it is there, in the local stack,
 * in Compose and in Kubernetes. What it writes works; `npm install` then links it and `npm run docs` describes it.
 */
import type { Tree } from 'nx/src/generators/tree.js';
import { addEntry, insertBefore, insertBehind, write } from '../edit.ts';
import { composeService, config, main, manifests, metrics, module, scrapeJob } from './templates.ts';

const SERVICES = 'tools/devstack/processes/services.ts';

export default async function generateService(tree: Tree, { name }: { readonly name: string }): Promise<void> {
  const folder = `apps/${name}`;
  const names = { name, pascal: `${name.charAt(0).toUpperCase()}${name.slice(1)}` };
  await write(
    tree,
    `${folder}/package.json`,
    JSON.stringify({
      name: `@chip/${name}`,
      version: '0.1.0',
      private: true,
      type: 'module',
      nx: {
        name,
        tags: ['type:app'],
        targets: {
          build: {
            options: { command: 'node ../../tools/bundle.mjs main' },
            inputs: ['sources', '^sources'],
            dependsOn: [],
          },
          lint: {},
          'test:unit': {},
          'test:int': {},
        },
      },
    }),
  );
  await write(tree, `${folder}/src/main.ts`, main(names));
  await write(tree, `${folder}/src/${name}.module.ts`, module(names));
  await write(tree, `${folder}/src/${name}.config.ts`, config(names));
  await write(tree, `${folder}/src/${name}.metrics.ts`, metrics(names));

  await write(tree, SERVICES, [
    addEntry(/^const SERVICES/m, `${name}: { databaseUrl: 'READER_DATABASE_URL', portOffset: ${nextOffset(tree)} }`),
  ]);
  await write(tree, 'docker-compose.yml', [
    insertBefore(/^configs:$/, `${composeService(names)}\n`),
    insertBehind(/^ {6}- [a-z-]+-secrets:\/secrets\/[a-z-]+\n/, `      - ${name}-secrets:/secrets/${name}\n`),
    insertBehind(/^ {2}[a-z-]+-secrets:\n/, `  ${name}-secrets:\n`),
  ]);
  await write(tree, 'tools/deploy/passwords.sh', [insertBehind(/^give reader .*\n/, `give reader ${name}/password\n`)]);
  await write(tree, `k8s/base/${name}.yaml`, manifests(names));
  await write(tree, 'k8s/base/kustomization.yaml', [insertBehind(/^ {2}- [a-z-]+\.yaml\n/, `  - ${name}.yaml\n`)]);
  await write(tree, 'monitoring/prometheus.yaml', [insertBehind(/^ {4}dns_sd_configs: .*\n/, scrapeJob(names))]);
}

/** A hundred ports above the service that has the highest. */
function nextOffset(tree: Tree): number {
  const offsets = [...(tree.read(SERVICES, 'utf8') ?? '').matchAll(/portOffset: (\d+)/g)].map(([, offset]) =>
    Number(offset),
  );
  return Math.max(...offsets) + 100;
}
