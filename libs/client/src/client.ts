import createFetchClient, { type FetchResponse, type MaybeOptionalInit } from 'openapi-fetch';
import { type PathsWithMethod, type RequiredKeysOf } from 'openapi-typescript-helpers';
import { type paths } from './api.ts';
import { ProblemError } from './problem.ts';

export interface ClientOptions {
  /** Where the service listens, such as `http://localhost:3000`. Default: the page's own origin. */
  readonly baseUrl?: string;
  /** API key or token, or where to get the current one; none for a service without access control. */
  readonly key?: string | undefined | (() => string | undefined | Promise<string | undefined>);
  /** Default: the global `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

type Method = 'get' | 'post' | 'put';
type Init<Path extends keyof paths, Name extends Method> = MaybeOptionalInit<paths[Path], Name>;

/** The answer of a route. Rows and pictures need `parseAs`, such as `{ parseAs: 'stream' }`. */
type Answer<Path extends keyof paths, Name extends Method, Options> = Exclude<
  FetchResponse<Extract<paths[Path][Name], object>, Options, 'application/json'>['data'],
  undefined
>;

type Ask<Name extends Method> = <Path extends PathsWithMethod<paths, Name>, Options extends Init<Path, Name>>(
  path: Path,
  ...options: RequiredKeysOf<Options> extends never ? [options?: Options] : [options: Options]
) => Promise<Answer<Path, Name, Options>>;

export interface Client {
  /** Answers a route such as `/v1/lots/{lot_id}`, given `{ params: { path, query } }`. @throws ProblemError */
  readonly get: Ask<'get'>;
  /** As `get`, with `{ body }`. */
  readonly post: Ask<'post'>;
  /** As `get`, with `{ body }`. */
  readonly put: Ask<'put'>;
}

/** Opens a typed client of the query service. It keeps no connection, so needs no closing. */
export function createClient({ baseUrl = '', key, fetch = globalThis.fetch }: ClientOptions = {}): Client {
  const http = createFetchClient<paths>({ baseUrl, fetch: (request) => fetch(request) });
  http.use({
    async onRequest({ request }) {
      const current = typeof key === 'function' ? await key() : key;
      if (current !== undefined) {
        request.headers.set('authorization', `Bearer ${current}`);
      }
    },
    async onResponse({ response }) {
      if (!response.ok) {
        throw await ProblemError.of(response);
      }
    },
  });
  const ask =
    (method: 'GET' | 'POST' | 'PUT') =>
    async (...call: unknown[]): Promise<unknown> => {
      const { data } = await (http[method] as (...call: unknown[]) => Promise<{ data?: unknown }>)(...call);
      return data;
    };
  return { get: ask('GET'), post: ask('POST'), put: ask('PUT') } as Client;
}
