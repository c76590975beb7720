import { ANSWER_EXAMPLES } from './answer-examples.ts';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { z } from 'zod';
import { isPublic, rightOf, type Right } from '../access/rights.ts';
import { problemSchema } from '../http/answers.ts';
import { addRefusals } from './refusals.ts';

type Schema = Record<string, unknown>;

interface Converted {
  readonly schema: Schema;
  readonly components: Record<string, Schema>;
}

/** What each schema converts to, as JSON: routes share them, and converting them takes most of the time of the document. */
const CONVERTED = { input: new WeakMap<z.ZodType, string>(), output: new WeakMap<z.ZodType, string>() };

/** A copy for the caller, who may change it; parsing makes it at half the cost of `structuredClone`. */
function convert(schema: z.ZodType, io: 'input' | 'output'): Converted {
  const known = CONVERTED[io].get(schema) ?? JSON.stringify(convertOnce(schema, io));
  CONVERTED[io].set(schema, known);
  return JSON.parse(known) as Converted;
}

/** Converts a Zod schema to JSON Schema; schemas with an `id` become components of the document. */
function convertOnce(schema: z.ZodType, io: 'input' | 'output'): Converted {
  const {
    $schema: _,
    $defs = {},
    ...converted
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema: { _zod }, jsonSchema }) => {
      // Zod omits the default of a schema that transforms, such as digits to a number; the document states it unchanged.
      if (_zod.def.type === 'default') {
        jsonSchema.default = (_zod.def as z.core.$ZodDefaultDef).defaultValue;
      }
      // The range of safe integers is noise to a reader.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) {
        delete jsonSchema.minimum;
      }
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) {
        delete jsonSchema.maximum;
      }
    },
  }) as Schema;
  const components = Object.fromEntries(
    Object.entries($defs as Record<string, Schema>).map(([name, { id: _id, ...definition }]) => [name, definition]),
  );
  return { schema: converted, components };
}

const HEALTH = {
  'application/json': {
    schema: {
      type: 'object',
      required: ['status', 'checks'],
      properties: {
        status: { type: 'string', enum: ['up', 'down'] },
        checks: {
          type: 'object',
          additionalProperties: {
            type: 'object',
            required: ['state'],
            properties: { state: { type: 'string' }, reason: { type: 'string' } },
          },
        },
      },
    },
  },
};
/** Texts and answers of the routes of libs/service, which does not depend on OpenAPI. */
const FRAME_ROUTES: Readonly<Record<string, object>> = {
  '/health/live': {
    operationId: 'getLiveness',
    summary: 'Whether this process makes progress',
    description: '503 = restart it.',
    responses: {
      200: { description: 'It makes progress.', content: HEALTH },
      503: { description: 'Restart it.', content: HEALTH },
    },
  },
  '/health/ready': {
    operationId: 'getReadiness',
    summary: 'Whether requests should come here now',
    description: '503 while the database is unavailable or the service stops.',
    responses: {
      200: { description: 'Send requests here.', content: HEALTH },
      503: { description: 'Send requests to another instance.', content: HEALTH },
    },
  },
  '/metrics': {
    operationId: 'getMetrics',
    summary: 'Prometheus metrics',
    description: 'Text exposition format.',
    responses: { 200: { description: 'The metrics.', content: { 'text/plain': { schema: { type: 'string' } } } } },
  },
};

/** The OpenAPI 3.1 document, generated from the routes and the schemas that check their requests. */
export function buildDocument(app: NestFastifyApplication): OpenAPIObject {
  const head = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Chip quality')
    .setDescription(
      'Inspection results, yield and telemetry of chip production. JSON in snake_case; times RFC 3339 in UTC; ratios as fractions 0..1; ranges are [from, to). Every statistic states in `definition` what it counts and in `as_of` which events it includes. Problems are `application/problem+json` with a stable `code`. With `Accept: application/sql` a question is answered with the SQL statements behind it.',
    )
    .setVersion('1')
    .addServer('/', 'The service that this document comes from.')
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        description: 'An API key (`chip_...`) or a token, if the service requires one.',
      },
      'bearer',
    )
    .build();
  const document = SwaggerModule.createDocument(app, head, {
    // Handlers are named for callers: generated clients make methods of these.
    operationIdFactory: (_controller, method) => method,
    standardSchemaConverter: (schema, { schemaType }) => convert(schema as z.ZodType, schemaType),
  });
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...convert(problemSchema, 'output').components },
  };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item) as [string, Operation][]) {
      operation.parameters?.forEach(describeParameter);
      const texts = FRAME_ROUTES[path];
      if (texts) {
        Object.assign(operation, texts, { tags: ['Operation'] });
      }
      showExample(operation);
      if (!isPublic(path)) {
        operation['x-right'] = rightOf(path, method, { ...operation });
        operation.security = [{ bearer: [] }];
      }
    }
  }
  addRefusals(document);
  return document;
}

/** Shows an answer beside the schema of answers in JSON. */
function showExample({ operationId = '', responses = {} }: Operation): void {
  const example = ANSWER_EXAMPLES[operationId];
  for (const response of [responses['200'], responses['201'], responses['202']]) {
    if (example !== undefined && response?.content?.['application/json']) {
      response.content = {
        ...response.content,
        'application/json': { ...response.content['application/json'], example },
      };
    }
  }
}

interface Operation {
  operationId?: string;
  responses?: Record<string, { content?: Record<string, object> } | undefined>;
  parameters?: Parameter[];
  security?: object[];
  'x-right'?: Right;
}

interface Parameter {
  description?: string;
  example?: unknown;
  schema?: { description?: string; example?: unknown };
}

/** Moves description and example from the schema to the parameter, where Swagger UI looks for them. */
function describeParameter(parameter: Parameter): void {
  const { description, example } = parameter.schema ?? {};
  if (description !== undefined) {
    parameter.description ??= description;
  }
  if (example !== undefined) {
    parameter.example ??= example;
  }
  delete parameter.schema?.description;
  delete parameter.schema?.example;
}

/**
 * Serves `/openapi.json` and the page `/docs`, whose files come from the package and never from another host. The first
 * request for the document builds it.
 */
export function serveDocument(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => buildDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Chip quality API',
    // By default the page shows a badge from a validator on the internet.
    swaggerOptions: { validatorUrl: null, tryItOutEnabled: true, displayRequestDuration: true },
  });
}
