/** What HTTP routes share: their documentation, parameters and checks, pages, and problems. */
import { applyDecorators } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { type z } from 'zod';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
export const PROBLEM_REF = { $ref: '#/components/schemas/Problem' };
export const RETRY_AFTER = {
  description: 'Seconds after which to try again.',
  schema: { type: 'integer' as const, minimum: 0 },
};

interface RouteTexts {
  readonly summary: string;
  readonly description: string;
  /** For routes to a single item: what a 404 means. */
  readonly notFound?: string;
}

/**
 * Documents a route: its texts, its answer and its problems. The parameters come from the schemas of `@Query` and
 * `@Param`, which also check the request, so that documentation and behaviour cannot drift apart.
 */
export const Answers = (answer: z.ZodType, { summary, description, notFound }: RouteTexts): MethodDecorator =>
  applyDecorators(
    ApiOperation({ summary, description }),
    ApiOkResponse({ description: 'The answer.', standardSchema: answer }),
    badParameter,
    ...(notFound === undefined ? [] : [problem(404, `\`not_found\`: ${notFound}`)]),
    unavailable(SLOW),
  );

interface WriteTexts extends Pick<RouteTexts, 'summary' | 'description' | 'notFound'> {
  /** What a 409 means, beginning with its code. */
  readonly conflict?: string;
}

const writes = (answered: MethodDecorator, { summary, description, notFound, conflict }: WriteTexts): MethodDecorator =>
  applyDecorators(
    ApiOperation({ summary, description }),
    answered,
    problem(
      400,
      '`invalid_body`, `ambiguous_parameter`, `ambiguous_type`: `errors` point into the body. `malformed_request`: the body is not JSON.',
    ),
    ...(notFound === undefined ? [] : [problem(404, `\`not_found\`: ${notFound}`)]),
    ...(conflict === undefined ? [] : [problem(409, conflict)]),
    unavailable('`database_unavailable`, `overloaded`, `query_timeout`: try again.'),
  );

/** Documents a route that creates an item: 201 with the new item. */
export const Creates = (answer: z.ZodType, texts: WriteTexts): MethodDecorator =>
  writes(
    ApiCreatedResponse({
      description: 'Created.',
      standardSchema: answer,
      headers: { Location: { description: 'Path of the new item.', schema: { type: 'string' } } },
    }),
    texts,
  );

/** Documents a route that starts work which goes on after the answer: 202 with its state. */
export const Starts = (answer: z.ZodType, texts: WriteTexts): MethodDecorator =>
  writes(
    ApiAcceptedResponse({
      description: 'Started.',
      standardSchema: answer,
      headers: { Location: { description: 'Path of its state.', schema: { type: 'string' } } },
    }),
    texts,
  );

/** Documents a route that stores what its body says: 200 with what is stored now. */
export const Stores = (answer: z.ZodType, texts: WriteTexts): MethodDecorator =>
  writes(ApiOkResponse({ description: 'What is stored.', standardSchema: answer }), texts);

/** Documents a route that streams rows as CSV, NDJSON, Parquet or Arrow. */
export const StreamsRows = ({ summary, description }: Pick<RouteTexts, 'summary' | 'description'>): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      summary,
      description: `${description} Streamed from one snapshot and never cut silently: the HTTP trailer x-row-count states how many rows were sent, and an answer that breaks off has no trailer.`,
    }),
    ApiResponse({
      status: 200,
      description: 'The rows.',
      content: {
        'text/csv': { schema: { type: 'string' } },
        'application/x-ndjson': { schema: { type: 'string' } },
        // Bytes, for which OpenAPI 3.1 has a schema without a type.
        'application/vnd.apache.parquet': { schema: {} },
        'application/vnd.apache.arrow.stream': { schema: {} },
      },
    }),
    badParameter,
    unavailable('`database_unavailable`: try again. `overloaded`: too many exports are running.'),
  );

/** Documents a route that streams server-sent events. */
export const StreamsEvents = ({ summary, description }: Pick<RouteTexts, 'summary' | 'description'>): MethodDecorator =>
  applyDecorators(
    ApiOperation({ summary, description }),
    ApiResponse({
      status: 200,
      description: 'The events.',
      // Without a schema: in OpenAPI 3.1 there is none for the events of a stream, and clients differ in what they make of one.
      content: { 'text/event-stream': {} },
    }),
    badParameter,
    unavailable('`database_unavailable`: try again. `overloaded`: too many streams are open.'),
  );

/** Documents a route that answers with a picture. */
export const Draws = (mediaType: 'image/svg+xml' | 'image/png', texts: RouteTexts): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      summary: `${texts.summary} (${mediaType === 'image/png' ? 'PNG' : 'SVG'})`,
      description: texts.description,
    }),
    ApiResponse({
      status: 200,
      description: 'The picture.',
      content: {
        [mediaType]: { schema: mediaType === 'image/png' ? { type: 'string', format: 'binary' } : { type: 'string' } },
      },
    }),
    badParameter,
    ...(texts.notFound === undefined ? [] : [problem(404, `\`not_found\`: ${texts.notFound}`)]),
    unavailable(SLOW),
  );

const SLOW = '`database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question.';

const problem = (status: number, description: string): MethodDecorator =>
  ApiResponse({ status, description, content: { [PROBLEM_MEDIA_TYPE]: { schema: PROBLEM_REF } } });

const badParameter = problem(
  400,
  '`invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read.',
);

const unavailable = (description: string): MethodDecorator =>
  ApiResponse({
    status: 503,
    description: `${description} \`issuer_unavailable\`: no token can be checked.`,
    headers: { 'Retry-After': RETRY_AFTER },
    content: { [PROBLEM_MEDIA_TYPE]: { schema: PROBLEM_REF } },
  });
