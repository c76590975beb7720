/** What HTTP routes share: their documentation, parameters and checks, pages, and problems. */
import { applyDecorators } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { type z } from 'zod';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
const PROBLEM_REF = { $ref: '#/components/schemas/Problem' };

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
    problem(400, 'An invalid or unknown parameter; `errors` names it.'),
    ...(notFound === undefined ? [] : [problem(404, notFound)]),
    problem(503, 'The database is unavailable, busy or too slow; `Retry-After` states when to try again.'),
  );

interface WriteTexts extends Pick<RouteTexts, 'summary' | 'description'> {
  /** What a 409 means. */
  readonly conflict?: string;
}

const writes = (answered: MethodDecorator, { summary, description, conflict }: WriteTexts): MethodDecorator =>
  applyDecorators(
    ApiOperation({ summary, description }),
    answered,
    problem(400, 'An invalid body; `errors` point into it.'),
    ...(conflict === undefined ? [] : [problem(409, conflict)]),
    problem(503, 'The database is unavailable or busy; `Retry-After` states when to try again.'),
  );

/** Documents a route that creates an item: 201 with the new item. */
export const Creates = (answer: z.ZodType, texts: WriteTexts): MethodDecorator =>
  writes(ApiCreatedResponse({ description: 'Created; `Location` leads to it.', standardSchema: answer }), texts);

/** Documents a route that stores what its body says: 200 with what is stored now. */
export const Stores = (answer: z.ZodType, texts: WriteTexts): MethodDecorator =>
  writes(ApiOkResponse({ description: 'What is stored.', standardSchema: answer }), texts);

/** Documents a route that streams rows as CSV or NDJSON. */
export const StreamsRows = ({ summary, description }: Pick<RouteTexts, 'summary' | 'description'>): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      summary,
      description: `${description} Streamed from one snapshot and never cut silently: the HTTP trailer x-row-count states how many rows were sent, and an answer that breaks off has no trailer.`,
    }),
    ApiResponse({
      status: 200,
      description: 'The rows.',
      content: { 'text/csv': { schema: { type: 'string' } }, 'application/x-ndjson': { schema: { type: 'string' } } },
    }),
    problem(400, 'An invalid or unknown parameter; `errors` names it.'),
    problem(
      503,
      'The database is unavailable or busy, or too many exports are running; `Retry-After` states when to try again.',
    ),
  );

const problem = (status: number, description: string): MethodDecorator =>
  ApiResponse({ status, description, content: { [PROBLEM_MEDIA_TYPE]: { schema: PROBLEM_REF } } });
