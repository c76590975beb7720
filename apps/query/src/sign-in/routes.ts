/** The routes by which a browser signs in and out. They are for the page, not for programs, so they are no part of the API. */
import { type IncomingHttpHeaders } from 'node:http';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type QueryConfig } from '../query.config.ts';
import { type SignIn } from './sign-in.ts';

interface SignInRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/** Everything after the first question mark: further ones belong to values. */
const queryOf = ({ url }: SignInRequest): URLSearchParams => new URLSearchParams(/\?(.*)/s.exec(url)?.[1] ?? '');

/** Serves `/sign-in/ways`, which tells the page how to sign in, and the routes of the browser login where it is set up. */
export function serveSignIn(app: NestFastifyApplication, mode: QueryConfig['AUTH_MODE'], signIn: SignIn | null): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/sign-in/ways', async ({ headers }, reply) =>
    reply.header('cache-control', 'no-store').send({
      keys: mode.includes('keys'),
      tokens: mode.includes('oidc'),
      /** Where to begin at the issuer's page. */
      start: signIn?.address ?? null,
      /** Of the session of this browser; null without one. */
      csrf: (await signIn?.sessions.csrfOf(headers)) ?? null,
    }),
  );
  if (signIn === null) {
    return;
  }
  const answers = fastify as unknown as {
    get(path: string, handler: (request: SignInRequest, reply: RedirectReply) => Promise<unknown>): void;
    post(path: string, handler: (request: SignInRequest, reply: RedirectReply) => Promise<unknown>): void;
  };
  const redirect = (reply: RedirectReply, to: { location: string; cookies: readonly string[] }): unknown =>
    reply
      .header('cache-control', 'no-store')
      .header('set-cookie', [...to.cookies])
      .redirect(to.location, 303);
  answers.get('/sign-in/start', async (request, reply) =>
    redirect(reply, await signIn.start(queryOf(request).get('to') ?? '/')),
  );
  answers.get('/sign-in/done', async (request, reply) =>
    redirect(reply, await signIn.finish(queryOf(request), request.headers.cookie)),
  );
  answers.post('/sign-in/end', async (request, reply) => {
    return reply
      .header('set-cookie', await signIn.sessions.end(request))
      .header('cache-control', 'no-store')
      .send({ issuer: (await signIn.farewell()) ?? null });
  });
}

interface RedirectReply {
  header(name: string, value: string | string[]): RedirectReply;
  redirect(location: string, status: number): unknown;
  send(body: object): unknown;
}
