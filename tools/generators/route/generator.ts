/** `npx nx g @chip/tools:route <topic>/<name>`: a route of the query service with its question, its answer and its test. */
import type { Tree } from 'nx/src/generators/tree.js';
import { type Edit, insertBehind, write } from '../edit.ts';

export default async function generateRoute(tree: Tree, { name: given }: { readonly name: string }): Promise<void> {
  const [topic, name] = given.split('/') as [string, string];
  const folder = `apps/query/src/${topic}`;
  const module = `${folder}/${topic}.module.ts`;
  const names = { topic, name, Name: pascal(name), camel: camel(name) };
  await write(tree, `${folder}/${name}.query.ts`, query(names));
  await write(tree, `${folder}/${name}.controller.ts`, controller(names));
  await write(tree, `apps/query/test/${name}.int-spec.ts`, test(names));
  if (tree.exists(module)) {
    await write(tree, module, [imports(names), list('controllers', `${names.Name}Controller`), provide(names)]);
    return;
  }
  await write(tree, module, newModule(names));
  await write(tree, 'apps/query/src/query.module.ts', [
    insertBehind(/^import .*;\n/, `import { ${pascal(topic)}Module } from './${topic}/${topic}.module.ts';\n`),
    list('imports', `${pascal(topic)}Module`),
  ]);
}

interface Names {
  readonly topic: string;
  readonly name: string;
  readonly Name: string;
  readonly camel: string;
}

const pascal = (name: string): string =>
  name.replaceAll(/(^|-)([a-z0-9])/g, (_, _dash, letter: string) => letter.toUpperCase());
const camel = (name: string): string => `${name[0]}${pascal(name).slice(1)}`;

const imports = ({ name, Name }: Names): Edit =>
  insertBehind(
    /^import .*;\n/,
    `import { ${Name}Controller } from './${name}.controller.ts';\nimport { ${Name}Query } from './${name}.query.ts';\n`,
  );

/** Adds `entry` to a list of a module's declaration. */
const list =
  (member: 'imports' | 'controllers' | 'providers', entry: string): Edit =>
  (text) => {
    const found = new RegExp(`${member}: \\[([^\\]]*)\\]`).exec(text);
    if (found === null) {
      throw new Error(`there are no ${member}`);
    }
    const entries = [...(found[1] as string).split(','), entry].map((one) => one.trim()).filter(Boolean);
    return text.replace(found[0], `${member}: [${entries.join(', ')}]`);
  };

const provide =
  ({ Name }: Names): Edit =>
  (text) =>
    text.includes('providers: [')
      ? list('providers', `${Name}Query`)(text)
      : text.replace(/(controllers: \[[^\]]*\])/, `$1, providers: [${Name}Query]`);

const newModule = ({ topic, name, Name }: Names): string => `/** What this topic answers, in one sentence. */
import { Module } from '@nestjs/common';
import { ${Name}Controller } from './${name}.controller.ts';
import { ${Name}Query } from './${name}.query.ts';

@Module({ controllers: [${Name}Controller], providers: [${Name}Query] })
export class ${pascal(topic)}Module {}
`;

const query = ({ topic, name, Name, camel }: Names): string => `import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { attemptQuestion } from '../attempts/attempt-parameters.ts';
import { chosenAttempts, describeChoice } from '../attempts/chosen-attempts.ts';
import { asOfSchema, count, definitionShape } from '../http/answers.ts';
import { Snapshots } from '../sql/snapshots.ts';

export const ${camel}Parameters = attemptQuestion({});
export type ${Name}Parameters = z.output<typeof ${camel}Parameters>;

export const ${camel}Answer = z
  .strictObject({ as_of: asOfSchema, ...definitionShape, totals: z.strictObject({ units: count }) })
  .meta({ id: '${Name}' });
export type ${Name}Answer = z.output<typeof ${camel}Answer>;

/** Counts units. */
@Injectable()
export class ${Name}Query {
  constructor(private readonly snapshots: Snapshots) {}

  answer(parameters: ${Name}Parameters): Promise<${Name}Answer> {
    const chosen = chosenAttempts(parameters, 'unit', 'a.inspection_id');
    return this.snapshots.answer(async (snapshot) => {
      const [row] = await snapshot.query<{ units: number }>(
        \`SELECT count(*) AS units FROM (\${chosen.sql}) AS chosen\`,
        chosen.where.values,
      );
      return {
        definition: \`Units. \${describeChoice(parameters, 'unit')}\`,
        definition_id: '${topic}.${name.replaceAll('-', '_')}/1',
        totals: { units: row?.units ?? 0 },
      };
    });
  }
}
`;

const controller = ({
  topic,
  name,
  Name,
  camel,
}: Names): string => `import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import {
  ${camel}Answer,
  type ${Name}Answer,
  ${camel}Parameters,
  type ${Name}Parameters,
  ${Name}Query,
} from './${name}.query.ts';

@ApiTags('${pascal(topic)}')
@Controller('v1/${topic}/${name}')
export class ${Name}Controller {
  constructor(private readonly query: ${Name}Query) {}

  @Get()
  @Answers(${camel}Answer, { summary: '${Name}', description: 'Units that match.' })
  get${Name}(@Query({ schema: ${camel}Parameters }) parameters: ${Name}Parameters): Promise<${Name}Answer> {
    return this.query.answer(parameters);
  }
}
`;

const test = ({
  topic,
  name,
}: Names): string => `import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';

describe('GET /v1/${topic}/${name}', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.end());

  it('answers without any data', async () => {
    const { status, body } = await stage.app.get('/v1/${topic}/${name}');
    expect({ status, body }).toMatchObject({ status: 200, body: { totals: { units: 0 } } });
  });
});
`;
