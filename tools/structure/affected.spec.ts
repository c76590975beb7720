/** A change runs only the tests that can notice it: which projects nx finds affected by a changed file. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';

const affectedBy = (file: string): string[] => {
  const args = ['show', 'projects', '--affected', '--files', file, '--json'];
  const nx = path.join(REPOSITORY_ROOT, 'node_modules', '.bin', 'nx');
  return (JSON.parse(execFileSync(nx, args, { cwd: REPOSITORY_ROOT, encoding: 'utf8' })) as string[]).sort();
};

it.each([
  // The routes of query neither move a position nor change an image.
  ['apps/query/src/main.ts', ['bench', 'deploy', 'docs', 'e2e', 'fuzz', 'observe', 'page', 'query', 'tools']],
  ['apps/query/src/query.module.ts', ['bench', 'docs', 'e2e', 'fuzz', 'observe', 'page', 'query', 'tools']],
  ['apps/query/src/query.config.ts', ['bench', 'deploy', 'docs', 'e2e', 'fuzz', 'observe', 'page', 'query', 'tools']],
  [
    'apps/writer/src/writer.module.ts',
    ['bench', 'docs', 'drill', 'e2e', 'faults', 'observe', 'page', 'tools', 'writer'],
  ],
  ['docker-compose.yml', ['deploy', 'observe', 'tools']],
  ['monitoring/alerts.yaml', ['deploy', 'observe', 'tools']],
  ['README.md', ['docs', 'tools']],
])(
  'a change of %s runs the tests of %j',
  (file, projects) => {
    expect(affectedBy(file)).toEqual(projects);
  },
  60_000,
);
