import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Who may import whom: of the projects, those with one of the tags in `projects`; of the packages, all but `not`.
 * lint.spec.ts has one forbidden import per rule and expects it to fail: a rule without a failing example there does not
 * count.
 */
const KAFKA_CLIENT = ['kafkajs'];
const DATABASE_CLIENT = ['pg', 'pg-copy-streams', '@mikro-orm/'];
const NEST = ['@nestjs/'];
const ARROWS = {
  'type:app': {
    projects: [
      'type:contracts',
      'type:classify',
      'type:quality',
      'type:service',
      'type:kafka',
      'type:persistence',
      'type:letters',
      'type:client',
      'type:testing',
    ],
    not: [...KAFKA_CLIENT, ...DATABASE_CLIENT],
  },
  'type:contracts': { projects: [], not: [...KAFKA_CLIENT, ...DATABASE_CLIENT, ...NEST] },
  'type:classify': { projects: ['type:contracts'], not: [...KAFKA_CLIENT, ...DATABASE_CLIENT, ...NEST] },
  'type:quality': { projects: [], not: [...KAFKA_CLIENT, ...DATABASE_CLIENT, ...NEST] },
  'type:service': { projects: ['type:contracts'], not: [...KAFKA_CLIENT, ...DATABASE_CLIENT] },
  'type:kafka': { projects: ['type:contracts', 'type:service', 'type:testing'], not: DATABASE_CLIENT },
  'type:persistence': { projects: ['type:contracts', 'type:service', 'type:testing'], not: KAFKA_CLIENT },
  'type:letters': {
    projects: ['type:contracts', 'type:classify', 'type:kafka', 'type:persistence'],
    not: [...KAFKA_CLIENT, ...DATABASE_CLIENT, ...NEST],
  },
  // Runs in browsers, too.
  'type:client': { projects: [], not: [...KAFKA_CLIENT, ...DATABASE_CLIENT, ...NEST] },
  // The page runs in browsers only, and knows the service by its API alone.
  'type:page': { projects: ['type:client'], not: [...KAFKA_CLIENT, ...DATABASE_CLIENT, ...NEST] },
  'type:testing': { projects: ['type:contracts', 'type:service'], not: [] },
  'type:tool': { projects: ['type:contracts', 'type:testing'], not: [] },
};

/**
 * Tools are scripts that run from their sources: they have no package names to import each other by. Of other tools, a tool
 * uses the local stack alone, which leans on none; examples in pages run on the pipeline of the tests; and drills and soaks
 * run on the fault suite: its system, load and checker are their proof as well.
 */
const LEANS = {
  devstack: /^tools\/devstack\//,
  drill: /^tools\/(devstack|drill|soak|faults)\//,
  soak: /^tools\/(devstack|drill|soak|faults)\//,
};
const LEANS_ELSE = /^tools\/(devstack\/|e2e\/(pipeline|secured-kafka)\.ts$)/;
/** Tests sit beside what they test, and share helpers. */
const TEST = /(^|\/)test\/|\.(int-)?spec\.ts$/;
const LEANS_OF_TESTS = /^tools\/(devstack|e2e|faults|structure)\//;

function mayLean(from, target) {
  if (TEST.test(from)) {
    return projectOf(target) === projectOf(from) || LEANS_OF_TESTS.test(target);
  }
  const [, room] = /^tools\/([^/]+)\//.exec(from) ?? [];
  return target.startsWith(room ? `tools/${room}/` : 'tools/') || (LEANS[room] ?? LEANS_ELSE).test(target);
}

const root = path.resolve(import.meta.dirname, '../..');
const read = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
/** The tag of each project, by its folder. The folder of tools has some of its own: those without a project. */
const tags = new Map(
  globSync(['{apps,libs}/*/package.json', 'tools/{package,*/project}.json'], { cwd: root }).map((file) => {
    const { nx, tags: [tag] = nx.tags } = read(file);
    return [path.dirname(file), tag];
  }),
);

function projectOf(file) {
  const [room, name] = file.split(path.sep);
  const folder = path.join(room, name ?? '');
  return tags.has(folder) ? folder : tags.has(room) ? room : undefined;
}

function problemOf(from, specifier) {
  const source = projectOf(from);
  if (/^[./]/.test(specifier)) {
    const target = path.join(path.dirname(from), specifier);
    if (from.startsWith('tools/') && target.startsWith('tools/')) {
      return mayLean(from, target) ? undefined : 'This tool does not lean on that one.';
    }
    return projectOf(target) === source ? undefined : 'Another project is imported by the name of its package.';
  }
  const tag = tags.get(source);
  const { projects, not } = ARROWS[tag] ?? { projects: [], not: [] };
  const own = /^@chip\/([^/]+)/.exec(specifier)?.[1];
  if (own !== undefined) {
    const target = ['apps', 'libs'].map((room) => `${room}/${own}`).find((folder) => tags.has(folder));
    if (target === source) {
      return 'A project imports its own files by relative paths.';
    }
    return projects.includes(tags.get(target)) ? undefined : `A project "${tag}" may not import "${specifier}".`;
  }
  const isBanned = not.some((name) =>
    name.endsWith('/') ? specifier.startsWith(name) : `${specifier}/`.startsWith(`${name}/`),
  );
  return isBanned ? `A project "${tag}" may not import "${specifier}".` : undefined;
}

export const arrows = {
  create(context) {
    const file = path.relative(root, context.filename);
    const check = ({ source }) => {
      if (source?.type === 'Literal' && typeof source.value === 'string') {
        const message = problemOf(file, source.value);
        if (message !== undefined) {
          context.report({ node: source, message });
        }
      }
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSImportType: check,
    };
  },
};
