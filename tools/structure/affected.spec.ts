/** A change runs only the tests that can notice it: which projects nx finds affected by a changed file. */
import { execFileSync } from 'node:child_process';
import { beforeAll, expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';

/** What `nx show projects --affected --files` does, for one file after the other: nx takes long to start. */
const SCRIPT = `
import { filterAffected } from 'nx/src/project-graph/affected/affected-project-graph.js';
import { calculateFileChanges } from 'nx/src/project-graph/file-utils.js';
import { createProjectGraphAsync } from 'nx/src/project-graph/project-graph.js';
const graph = await createProjectGraphAsync();
const answers = [];
for (const file of process.argv.slice(1)) {
  answers.push(Object.keys((await filterAffected(graph, calculateFileChanges([file], {}))).nodes).sort());
}
console.log(JSON.stringify(answers));
process.exit();
`;

const CHANGES: readonly (readonly [string, readonly string[]])[] = [
  // The routes of query neither move a position nor change an image.
  ['apps/query/src/main.ts', ['bench', 'deploy', 'docs', 'e2e', 'fuzz', 'observe', 'page', 'query', 'tools']],
  ['apps/query/src/query.module.ts', ['bench', 'docs', 'e2e', 'fuzz', 'observe', 'page', 'query', 'tools']],
  ['apps/query/src/query.config.ts', ['bench', 'deploy', 'docs', 'e2e', 'fuzz', 'observe', 'page', 'query', 'tools']],
  [
    'apps/writer/src/writer.module.ts',
    ['bench', 'docs', 'drill', 'e2e', 'faults', 'observe', 'page', 'soak', 'tools', 'writer'],
  ],
  ['docker-compose.yml', ['deploy', 'observe', 'tools']],
  ['monitoring/alerts.yaml', ['deploy', 'observe', 'tools']],
  ['README.md', ['docs', 'tools']],
];

const answers = new Map<string, readonly string[]>();
beforeAll(() => {
  const files = CHANGES.map(([file]) => file);
  const args = ['--input-type=module', '--eval', SCRIPT, ...files];
  const output = execFileSync(process.execPath, args, { cwd: REPOSITORY_ROOT, encoding: 'utf8' });
  (JSON.parse(output) as string[][]).forEach((projects, index) => answers.set(files[index] as string, projects));
}, 120_000);

it.each(CHANGES)('a change of %s runs the tests of %j', (file, projects) => {
  expect(answers.get(file)).toEqual(projects);
});
