import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { createLogger, createMetricsRegistry, Health, Lifecycle } from '@chip/service';
import { ServiceModule } from '@chip/service/nest';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OpenAPIObject } from '@nestjs/swagger';
import { PROBLEM_CODES } from '../http/problem.error.ts';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import openapiTypes, { astToString } from 'openapi-typescript';
import { type ApiDocument, breakingChanges } from '../../test/breaking-changes.ts';
import { type Outline, routeRules, routesWithoutQuery } from '../access/rights.ts';
import { outlineOf } from '../access/routes.ts';
import { QueryModule } from '../query.module.ts';
import { ANSWER_EXAMPLES } from './answer-examples.ts';
import { buildDocument } from './openapi.ts';

/** With a new release its document replaces the fixture, and the list of breaks starts empty. */
const LAST_RELEASE = '0.1.0';
/** Types of the TypeScript client. */
const TYPES = new URL('../../../../libs/client/src/api.ts', import.meta.url);
const HEAD = `// Longer than 350 lines: generated from the OpenAPI document of the query service; \`npm run docs\` writes it.
`;

/** The service from its modules alone: nothing listens, and no database is needed. */
async function appOfModules(): Promise<NestFastifyApplication> {
  const { logger } = createLogger({ name: 'query', level: 'silent', instance: 'test' });
  class Root {}
  Module({
    imports: [
      ServiceModule.forRoot({
        config: {},
        logger,
        registry: createMetricsRegistry({ service: 'query', instance: 'test' }),
        health: new Health(),
        lifecycle: new Lifecycle(logger, () => undefined),
      }),
      QueryModule,
    ],
  })(Root);
  return NestFactory.create<NestFastifyApplication>(Root, new FastifyAdapter(), {
    logger: false,
    preview: true,
    abortOnError: false,
  });
}

let app: NestFastifyApplication;
let document: OpenAPIObject;
type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;
const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    (Object.entries(item) as [string, OperationObject][]).map(([method, operation]) => ({ path, method, operation })),
  );
/** Examples of answers would make three quarters of the types' file. */
function withoutExamples(): OpenAPIObject {
  const copy = structuredClone(document);
  for (const operation of Object.values(copy.paths).flatMap((item) => Object.values(item) as OperationObject[])) {
    for (const { content = {} } of Object.values(operation.responses) as {
      content?: Record<string, { example?: unknown }>;
    }[]) {
      Object.values(content).forEach((type) => delete type.example);
    }
  }
  return copy;
}
beforeAll(async () => {
  app = await appOfModules();
  document = JSON.parse(JSON.stringify(buildDocument(app))) as OpenAPIObject;
}, 60_000);

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate({ ...structuredClone(document) });
    expect([valid, errors]).toEqual([true, undefined]);
  });

  it('holds valid JSON Schemas of draft 2020-12', () => {
    const ajv = new Ajv2020({ strict: false });
    const schemas = Object.entries(document.components?.schemas ?? {});
    expect(schemas.length).toBeGreaterThan(30);
    for (const [name, schema] of schemas) {
      expect([name, ajv.validateSchema(schema), ajv.errors]).toEqual([name, true, null]);
    }
    expect(ajv.validateSchema({ type: 'array', items: [{ type: 'integer' }] })).toBe(false);
  });

  it('names each operation once, as a method of a client', () => {
    const names = operations().map(({ operation }) => operation.operationId ?? '');
    expect(names.length).toBeGreaterThan(40);
    expect(
      names.filter(
        (name) =>
          !/^(get|list|export|evaluate|compare|create|store|schedule|verify|backtest|withdraw)[A-Z][A-Za-z]+$/.test(
            name,
          ),
      ),
    ).toEqual([]);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it('has an outline with the same routes, rights and queries', () => {
    const outline = outlineOf(app);
    const methodsOf = ({ paths }: Outline) => Object.entries(paths).map(([path, item]) => [path, Object.keys(item)]);
    expect(methodsOf(outline)).toEqual(methodsOf(document));
    expect([...routeRules(outline)]).toEqual([...routeRules(document)]);
    expect([...routesWithoutQuery(outline)]).toEqual([...routesWithoutQuery(document)]);
    expect(routesWithoutQuery(outline).size).toBeGreaterThan(10);
  });

  it('says where each problem code comes', () => {
    const texts = JSON.stringify([operations(), document.components?.responses]);
    expect(PROBLEM_CODES.filter((code) => !texts.includes(`\`${code}\``))).toEqual([]);
  });

  it('lists the refusals that can meet each operation, all of them problems', () => {
    const codesOf = (path: string, method: string) =>
      Object.keys(operations().find((found) => found.path === path && found.method === method)!.operation.responses);
    const always = ['405', '415', '421', '431', '500'];
    const keyed = [...always, '401', '403', '429'];
    expect(codesOf('/health/live', 'get').sort()).toEqual(['200', '503', ...always].sort());
    expect(codesOf('/v1/yield', 'get').sort()).toEqual(['200', '304', '400', '503', ...keyed].sort());
    expect(codesOf('/v1/lots/{lot_id}', 'get').sort()).toEqual(
      ['200', '304', '400', '404', '414', '503', ...keyed].sort(),
    );
    expect(codesOf('/v1/inspections', 'post').sort()).toEqual(
      ['201', '400', '404', '408', '409', '413', '503', ...keyed].sort(),
    );
    const { NotModified, ...problems } = document.components!.responses as Record<string, { content?: object }>;
    expect(NotModified?.content).toBeUndefined();
    for (const [name, { content = {} }] of Object.entries(problems)) {
      expect([name, Object.keys(content)]).toEqual([name, ['application/problem+json']]);
    }
  });

  it('shows valid examples of answers in JSON', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false, code: { optimize: false } });
    type Content = Record<string, { schema: object; example?: unknown }>;
    const shown = operations().flatMap(({ operation }) =>
      Object.values(operation.responses as Record<string, { content?: Content }>)
        .map(({ content }) => ({ name: operation.operationId!, ...content?.['application/json'] }))
        .filter(({ example }) => example !== undefined),
    );
    // Those of today; a new route may do without one until it has an answer worth showing.
    expect(shown.length).toBeGreaterThanOrEqual(51);
    // A field that is newer than an example may be missing in it; what is there must be right.
    const components = JSON.parse(JSON.stringify(document.components), (key, value: unknown) =>
      key === 'required' && Array.isArray(value) ? undefined : value,
    ) as object;
    // In one document, whose components are compiled once for all of them.
    const schemas = Object.fromEntries(shown.map(({ name, schema }) => [name, schema]));
    ajv.addSchema({ components, schemas }, 'document');
    for (const { name, example } of shown) {
      const isValid = ajv.getSchema(`document#/schemas/${name}`)!;
      expect([name, isValid(example), isValid.errors]).toEqual([name, true, null]);
    }
    expect(Object.keys(ANSWER_EXAMPLES).sort()).toEqual(shown.map(({ name }) => name).sort());
  });

  it('breaks nothing of the last release, except for what is listed', () => {
    const fixture = (name: string): string =>
      readFileSync(new URL(`../../test/fixtures/${name}`, import.meta.url), 'utf8');
    const released = JSON.parse(fixture(`openapi-${LAST_RELEASE}.json`)) as ApiDocument;
    const listed = fixture(`breaking-since-${LAST_RELEASE}.txt`).split('\n').filter(Boolean);
    // A break that is meant: add its line to that file, and say in CHANGELOG.md what clients have to change.
    expect(breakingChanges(released, document as never)).toEqual(listed);
    expect(breakingChanges(document as never, document as never)).toEqual([]);
  });

  it('is what the types of the TypeScript client say (npm run docs writes them)', async () => {
    const types = astToString(
      await openapiTypes(withoutExamples() as never, {
        rootTypes: true,
        rootTypesNoSchemaPrefix: true,
        alphabetize: true,
        // What has a default may be left out.
        defaultNonNullable: false,
      }),
    );
    if (process.env['UPDATE_DOCS']) {
      writeFileSync(TYPES, HEAD + types);
    }
    expect(readFileSync(TYPES, 'utf8') === HEAD + types).toBe(true);
  }, 60_000);
});
