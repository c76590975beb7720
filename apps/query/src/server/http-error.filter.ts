import { type ServerResponse, STATUS_CODES } from 'node:http';
import { type Duplex } from 'node:stream';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { type Logger } from '@chip/service';
import { PROBLEM_MEDIA_TYPE } from '../http/documented-route.ts';
import { Problem, type ProblemCode } from '../http/problem.error.ts';

/** The parts of Fastify's request and reply used here. */
interface Request {
  readonly method: string;
  readonly url: string;
  readonly routeOptions?: { readonly url?: string | undefined };
}
export interface ProblemReply {
  code(status: number): ProblemReply;
  header(name: string, value: string): ProblemReply;
  serializer(serialize: (body: unknown) => string): ProblemReply;
  send(body: string): unknown;
}

/** Seconds after which a client may try again. */
const RETRY_AFTER_S = 2;

/** Answers every error as problem+json with a stable code; logs only unexpected ones as errors. */
@Catch()
export class HttpErrorFilter implements ExceptionFilter {
  /** @param allowedMethods methods of a path, to distinguish a wrong method from a wrong path */
  constructor(
    private readonly logger: Logger,
    private readonly allowedMethods: (path: string) => readonly string[],
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<Request>(), http.getResponse<ProblemReply & { raw: ServerResponse }>());
  }

  /** Writes `error` as a problem, also for requests refused before they reach a route. */
  answer(error: unknown, request: Request, reply: ProblemReply & { raw: ServerResponse }): void {
    const problem = this.#problemOf(error, request);
    if (problem.status >= 500) {
      // Refusals of a full pool come by the dozen, and their stacks say nothing.
      const cause = problem.code === 'overloaded' ? {} : { err: problem.cause ?? error };
      this.logger[problem.code === 'internal_error' ? 'error' : 'warn'](
        { ...cause, code: problem.code, method: request.method, route: request.routeOptions?.url },
        'request_failed',
      );
    }
    // A streamed answer has already sent its status, so cuts the connection, which the client notices.
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    if (problem.status === 503 || problem.status === 429) {
      reply.header('retry-after', String(problem.retryAfterS ?? RETRY_AFTER_S));
    }
    if (problem.status === 401) {
      reply.header('www-authenticate', 'Bearer realm="chip-quality"');
    }
    if (problem.code === 'method_not_allowed') {
      reply.header('allow', this.allowedMethods(pathOf(request)).join(', '));
    }
    sendProblem(reply, problem);
  }

  #problemOf(error: unknown, request: Request): Problem {
    if (error instanceof Problem) {
      return error;
    }
    const status = statusOf(error);
    // 403: the file lies outside the served folder.
    if (status === 404 || status === 403) {
      const methods = this.allowedMethods(pathOf(request));
      return methods.length === 0
        ? new Problem(404, 'route_not_found', 'there is no such route; /docs lists them')
        : new Problem(405, 'method_not_allowed', `this route accepts ${methods.join(', ')}`);
    }
    return frameworkProblem(error);
  }
}

/** Maps refusals of Nest and Fastify to problems, anything unexpected to a 500. */
export function frameworkProblem(error: unknown): Problem {
  const status = statusOf(error);
  if (status !== undefined && status >= 400 && status < 500) {
    // Static files refuse ranges and preconditions, which no client needs, with other statuses.
    const ours = (status in CLIENT_ERRORS ? status : 400) as keyof typeof CLIENT_ERRORS;
    return new Problem(ours, CLIENT_ERRORS[ours].code, CLIENT_ERRORS[ours].detail);
  }
  return new Problem(500, 'internal_error', 'an unexpected error occurred; the service has logged it', [], error);
}

/** What Fastify refuses before a request reaches a route. */
const CLIENT_ERRORS = {
  400: { code: 'malformed_request', detail: 'the request cannot be read: invalid JSON, URL or headers' },
  408: { code: 'request_timeout', detail: 'the request did not arrive within its time' },
  413: { code: 'body_too_large', detail: 'the request body is larger than this service accepts' },
  414: { code: 'uri_too_long', detail: 'part of the path is longer than this service accepts' },
  415: { code: 'unsupported_media_type', detail: 'request bodies must be application/json' },
  431: { code: 'headers_too_large', detail: 'URL and headers together are larger than this service reads' },
} as const satisfies Readonly<Record<number, { code: ProblemCode; detail: string }>>;

const statusOf = (error: unknown): number | undefined => {
  if (error instanceof HttpException) {
    return error.getStatus();
  }
  const { statusCode, code } = error as { statusCode?: unknown; code?: unknown };
  return typeof statusCode === 'number' && typeof code === 'string' && code.startsWith('FST_') ? statusCode : undefined;
};

export const pathOf = (request: { readonly url: string }): string => request.url.split('?', 1)[0] ?? '/';

/** Writes a problem document (RFC 9457). */
export function sendProblem(reply: ProblemReply, problem: Problem): void {
  // Serialises here, because Fastify would add a charset parameter and only knows application/json.
  void reply
    .code(problem.status)
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .serializer(String)
    .send(JSON.stringify(documentOf(problem)));
}

/**
 * Answers what Node's parser refuses: no request exists yet, so only the connection can carry the problem.
 *
 * @param error of the event `clientError` of the HTTP server
 */
export function answerUnparsed(error: { readonly code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const { code, detail } = CLIENT_ERRORS[status];
  const body = JSON.stringify(documentOf(new Problem(status, code, detail)));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_MEDIA_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function documentOf({ status, code, detail, errors }: Problem): object {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, code, detail, ...(errors.length > 0 ? { errors } : {}) };
}
