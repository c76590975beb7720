import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { createLogger, createMetricsRegistry, Health, Lifecycle, ServiceModule } from '@chip/service';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OpenAPIObject } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import openapiTypes, { astToString } from 'openapi-typescript';
import { QueryModule } from '../query.module.ts';
import { buildDocument } from './openapi.ts';

/** Types of the TypeScript client. */
const TYPES = new URL('../../../../libs/client/src/api.ts', import.meta.url);
const HEAD = `// Longer than 350 lines: generated from the OpenAPI document of the query service; \`npm run docs\` writes it.
`;

/** The document of the service, from its modules alone: nothing listens, and no database is needed. */
async function documentOfModules(): Promise<OpenAPIObject> {
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
  const app = await NestFactory.create<NestFastifyApplication>(Root, new FastifyAdapter(), {
    logger: false,
    preview: true,
    abortOnError: false,
  });
  return JSON.parse(JSON.stringify(buildDocument(app))) as OpenAPIObject;
}

let document: OpenAPIObject;
beforeAll(async () => {
  document = await documentOfModules();
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

  it('is what the types of the TypeScript client say (npm run docs writes them)', async () => {
    const types = astToString(
      await openapiTypes(document as never, { rootTypes: true, rootTypesNoSchemaPrefix: true, alphabetize: true }),
    );
    if (process.env['UPDATE_DOCS']) {
      writeFileSync(TYPES, HEAD + types);
    }
    expect(readFileSync(TYPES, 'utf8') === HEAD + types).toBe(true);
  }, 60_000);
});
