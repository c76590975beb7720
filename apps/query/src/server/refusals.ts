import { type OpenAPIObject } from '@nestjs/swagger';
import { isPublic } from '../access/rights.ts';
import { PROBLEM_MEDIA_TYPE, PROBLEM_REF, RETRY_AFTER } from '../http/documented-route.ts';
import { hasETag } from './revalidation.ts';

const ETAG = { description: 'Of the content; send it as `If-None-Match`.', schema: { type: 'string' } };

/** What a request meets around its route, so that no route documents it. */
interface Refusal {
  readonly name: string;
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly concerns: (route: { readonly path: string; readonly method: string; readonly hasBody: boolean }) => boolean;
  /** Of answers that are no problem. */
  readonly isEmpty?: true;
}

const REFUSALS: Readonly<Record<number, Refusal>> = {
  304: {
    name: 'NotModified',
    description: 'The answer is still the one whose ETag is in `If-None-Match`; no body.',
    headers: { ETag: ETAG },
    concerns: ({ path, method }) => method === 'get' && hasETag(path),
    isEmpty: true,
  },
  401: {
    name: 'Unauthenticated',
    description: '`unauthenticated`: the key or token is missing, unknown, expired or revoked.',
    headers: { 'WWW-Authenticate': { description: 'How to authenticate.', schema: { type: 'string' } } },
    concerns: ({ path }) => !isPublic(path),
  },
  403: {
    name: 'Forbidden',
    description:
      '`forbidden`: the caller lacks a right, which `detail` names, or may not see what it asks for; or a page of another site sends it.',
    concerns: ({ path, hasBody }) => !isPublic(path) || hasBody,
  },
  405: {
    name: 'MethodNotAllowed',
    description:
      '`method_not_allowed`: this path has other methods. A path that does not exist is 404 `route_not_found`.',
    headers: { Allow: { description: 'The methods of this path.', schema: { type: 'string' } } },
    concerns: () => true,
  },
  408: {
    name: 'RequestTimeout',
    description: '`request_timeout`: the request does not arrive within its time.',
    concerns: ({ hasBody }) => hasBody,
  },
  413: {
    name: 'BodyTooLarge',
    description: '`body_too_large`: the body is larger than this route reads.',
    concerns: ({ hasBody }) => hasBody,
  },
  414: {
    name: 'UriTooLong',
    description: '`uri_too_long`: a part of the path is longer than any name.',
    concerns: ({ path }) => path.includes('{'),
  },
  415: {
    name: 'UnsupportedMediaType',
    description: '`unsupported_media_type`: a body must be application/json.',
    concerns: () => true,
  },
  421: {
    name: 'Misdirected',
    description: '`misdirected_request`: the service does not answer to the host name of the request.',
    concerns: () => true,
  },
  429: {
    name: 'RateLimited',
    description: '`rate_limited`: too many requests of this cost from this caller.',
    headers: { 'Retry-After': RETRY_AFTER },
    concerns: ({ path }) => !isPublic(path),
  },
  431: {
    name: 'HeadersTooLarge',
    description: '`headers_too_large`: URL and headers together are larger than this service reads.',
    concerns: () => true,
  },
  500: {
    name: 'InternalError',
    description: '`internal_error`: a fault of the service, which has logged it.',
    concerns: () => true,
  },
};

interface DocumentedOperation {
  readonly requestBody?: object;
  responses?: Record<string, object>;
}

/** Adds to each operation the refusals that can meet it, as references to shared responses. */
export function addRefusals(document: OpenAPIObject): void {
  const components = (document.components ??= {});
  components.responses = Object.fromEntries(
    Object.values(REFUSALS).map(({ name, description, headers, isEmpty }) => [
      name,
      {
        description,
        ...(headers && { headers }),
        ...(isEmpty ? {} : { content: { [PROBLEM_MEDIA_TYPE]: { schema: PROBLEM_REF } } }),
      },
    ]),
  );
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item) as [string, DocumentedOperation][]) {
      const route = { path, method, hasBody: operation.requestBody !== undefined };
      for (const [status, { name, concerns }] of Object.entries(REFUSALS)) {
        if (concerns(route)) {
          operation.responses = { ...operation.responses, [status]: { $ref: `#/components/responses/${name}` } };
        }
      }
    }
  }
}
