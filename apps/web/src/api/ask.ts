/** Asks the API through its typed client: one question, its answer or its problem. */
import { createClient, type paths, ProblemError } from '@chip/client';
import { authorization, key, proof, refusal, signOut } from './session.ts';

const client = createClient({
  key: () => key.value,
  fetch: async (request) => {
    if (request.method !== 'GET') {
      for (const [name, value] of Object.entries(await proof())) {
        request.headers.set(name, value);
      }
    }
    // The browser keeps the answer and asks again with its ETag.
    return fetch(request, { cache: 'no-cache' });
  },
});

/** Why there is no answer. Status 0: the service was not reached. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** Seconds after which the service wants to be asked again. */
  readonly retryAfterS: number | undefined;
}

/** The person who asked no longer wants the answer. */
export const CANCELLED: Problem = { status: 0, code: 'cancelled', detail: '', retryAfterS: undefined };

type Json<A> = { get: { responses: { 200: { content: { 'application/json': A } } } } };
/** Routes that answer a GET with JSON. */
type Path = { [P in keyof paths]: paths[P] extends Json<unknown> ? P : never }[keyof paths];
type AnswerOf<P extends Path> = paths[P] extends Json<infer A> ? A : never;
type QueryOf<P extends Path> = paths[P] extends { get: { parameters: { query?: infer Q } } }
  ? { [Name in keyof Q]?: Q[Name] | undefined }
  : never;
type NamesOf<P extends Path> = paths[P] extends { get: { parameters: { path: infer Names } } } ? Names : undefined;
type Parts<P extends Path> = (NamesOf<P> extends undefined ? { path?: undefined } : { path: NamesOf<P> }) & {
  query?: QueryOf<P>;
};

/** One question to the API, which changes nothing. */
export interface Question<T> {
  /** Its address, which can be opened or copied. */
  readonly url: string;
  /** JSON that goes with it, where the question is a POST; together with the address it names the question. */
  readonly body?: string;
  /** @throws unknown; `problemOf` says what it means */
  readonly ask: (signal: AbortSignal) => Promise<T>;
}

type Value = string | number | undefined | null | readonly string[];
export type Parameters = Readonly<Record<string, Value>>;

/** Fills `{name}` in a path, and appends the parameters that have a value. */
export function address(
  path: string,
  names: Readonly<Record<string, string>> = {},
  parameters: Parameters = {},
): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? ''));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value as string | number | undefined]) {
      if (one !== undefined && one !== null) {
        query.append(name, String(one));
      }
    }
  }
  const text = query.toString();
  return text === '' ? filled : `${filled}?${text}`;
}

/** A question to a route such as `/v1/lots/{lot_id}`; its type knows the parameters and the answer. */
export function question<P extends Path>(path: P, parts: Parts<P> = {} as Parts<P>): Question<AnswerOf<P>> {
  const { path: names, query } = parts as { path?: Record<string, string>; query?: Parameters };
  return {
    url: address(path, names, query),
    ask: (signal) => client.get(path as never, { params: parts, signal } as never) as Promise<AnswerOf<P>>,
  };
}

type Posted<A, B> = {
  post: {
    requestBody: { content: { 'application/json': B } };
    responses: { 200: { content: { 'application/json': A } } };
  };
};
/** Routes that compute an answer from a JSON body. */
type PostPath = { [P in keyof paths]: paths[P] extends Posted<unknown, unknown> ? P : never }[keyof paths];
type PostAnswerOf<P extends PostPath> = paths[P] extends Posted<infer A, unknown> ? A : never;
type BodyOf<P extends PostPath> = paths[P] extends Posted<unknown, infer B> ? B : never;

/** A question that is too large for an address. */
export const posted = <P extends PostPath>(path: P, body: BodyOf<P>): Question<PostAnswerOf<P>> => ({
  url: path,
  body: JSON.stringify(body),
  ask: (signal) => client.post(path as never, { body, signal } as never) as Promise<PostAnswerOf<P>>,
});

type Json2xx<A> = { content: { 'application/json': A } };
type Stored<A, B> = {
  post: {
    requestBody: { content: { 'application/json': B } };
    responses: { 201: Json2xx<A> } | { 202: Json2xx<A> };
  };
};
type StorePath = { [P in keyof paths]: paths[P] extends Stored<unknown, unknown> ? P : never }[keyof paths];

/** Stores something new, or starts it. @throws unknown; `problemOf` says what it means */
export const store = <P extends StorePath>(
  path: P,
  body: paths[P] extends Stored<unknown, infer B> ? B : never,
): Promise<paths[P] extends Stored<infer A, unknown> ? A : never> =>
  client.post(path as never, { body } as never) as Promise<never>;

/** Changes something that is stored, at a route such as `/v1/annotations/{id}/withdrawal`. */
export const send = <P extends PostPath>(
  path: P,
  names: Readonly<Record<string, string>>,
  body: BodyOf<P>,
): Promise<PostAnswerOf<P>> => client.post(path as never, { params: { path: names }, body } as never) as Promise<never>;

/** The SQL statements behind the answer to a question. @throws ProblemError */
export async function statementsOf(url: string, body?: string): Promise<string> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      accept: 'application/sql',
      ...authorization(),
      ...(body === undefined ? {} : { 'content-type': 'application/json', ...(await proof()) }),
    },
    ...(body === undefined ? {} : { body }),
    cache: 'no-store',
  });
  if (!response.ok) {
    throw await ProblemError.of(response);
  }
  return response.text();
}

/** What a failure means for the person who asked. A refused key also makes the page ask for one. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof ProblemError)) {
    return { status: 0, code: 'unreachable', detail: (error as Error).message, retryAfterS: undefined };
  }
  const { status, code, detail, retryAfterS } = error;
  if (status === 401) {
    // The first answer has the reason: those of requests sent beside it arrive when the key is already forgotten.
    refusal.value ??= key.value === undefined ? '' : detail;
    signOut();
  }
  return { status, code, detail, retryAfterS };
}
