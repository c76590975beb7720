/** Codes of `application/problem+json`. Immutable: clients compare them. */
export const PROBLEM_CODES = [
  'unknown_parameter',
  'invalid_parameter',
  'ambiguous_parameter',
  'ambiguous_type',
  'invalid_body',
  'invalid_cursor',
  'malformed_request',
  'not_found',
  'unauthenticated',
  'forbidden',
  'rate_limited',
  'misdirected_request',
  'duplicate_inspection',
  'parameter_conflict',
  'version_conflict',
  'route_not_found',
  'method_not_allowed',
  'body_too_large',
  'unsupported_media_type',
  'uri_too_long',
  'headers_too_large',
  'request_timeout',
  'database_unavailable',
  'kafka_unavailable',
  'issuer_unavailable',
  'query_timeout',
  'overloaded',
  'internal_error',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

export interface ParameterProblem {
  /** Name of the query or path parameter, or JSON pointer into the body. */
  readonly parameter: string;
  readonly message: string;
}

/** A refusal for the caller to read; `HttpErrorFilter` writes it as problem+json. It never carries a parameter's value. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly status: number,
    readonly code: ProblemCode,
    readonly detail: string,
    readonly errors: readonly ParameterProblem[] = [],
    cause?: unknown,
    /** Seconds after which to try again, where known. */
    readonly retryAfterS?: number,
  ) {
    super(detail, { cause });
  }
}
