/** Serves the page (apps/web): its files, and its only document for the address of every view. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import { type Logger } from '@chip/service';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';

/** Where the build of apps/web is: this file is two folders below the application, and its build one. */
const BUILT = path.resolve(
  import.meta.dirname,
  import.meta.dirname.endsWith('dist') ? '../../web/dist' : '../../../web/dist',
);

/** Nothing inline, nothing from another host. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Addresses that are not views, whether or not they exist. */
const NOT_A_VIEW = /^\/(v1|docs|health|assets|metrics|sign-in|openapi\.json)(\/|$)/;

interface PageRequest {
  readonly method: string;
  readonly headers: { readonly accept?: string | undefined };
}
interface PageReply {
  headers(values: Readonly<Record<string, string>>): PageReply;
  send(body: string): unknown;
}

export class Page {
  readonly #document: string;

  private constructor(document: string) {
    this.#document = document;
  }

  /** Registers the files of the page; undefined, with a warning, where apps/web is not built. */
  static async serve(app: NestFastifyApplication, logger: Logger): Promise<Page | undefined> {
    const document = path.join(BUILT, 'index.html');
    if (!existsSync(document)) {
      logger.warn({ missing: document }, 'page_not_built');
      return undefined;
    }
    const page = new Page(readFileSync(document, 'utf8'));
    await app.register(
      fastifyStatic as never,
      {
        root: path.join(BUILT, 'assets'),
        prefix: '/assets/',
        // The name of a file changes with its content.
        immutable: true,
        maxAge: '365d',
        preCompressed: true,
        index: false,
        decorateReply: false,
      } as never,
    );
    app
      .getHttpAdapter()
      .getInstance()
      .get('/', async (_request, reply) => page.send(reply as unknown as PageReply));
    return page;
  }

  /** Whether a browser opens the address of a view, for which there is no route. */
  isView({ method, headers: { accept = '' } }: PageRequest, pathname: string): boolean {
    return method === 'GET' && accept.includes('text/html') && !NOT_A_VIEW.test(pathname);
  }

  send(reply: PageReply): unknown {
    return reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': POLICY,
        // Programs get a problem document at the same address.
        vary: 'Accept',
      })
      .send(this.#document);
  }
}
