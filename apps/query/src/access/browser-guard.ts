import { type IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '@chip/service';
import { Problem } from '../http/problem.error.ts';

/** The parts of Fastify's request that are used here. */
interface BrowserRequest {
  readonly method: string;
  readonly host: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Refuses what a web page can make a browser send here without asking the user: requests to host names that point at this
 * machine (DNS rebinding), and forms. Machines and programs never notice these checks.
 */
export class BrowserGuard {
  /**
   * @param names host names that this service answers to, without port
   * @param answersToAll whether any name will do: a service that requires keys need not check, since a page has no key
   */
  constructor(
    private readonly names: readonly string[],
    private readonly answersToAll: boolean,
  ) {}

  /**
   * @param host what the client calls this service, with port: the header `Host`, or what a trusted proxy forwards
   * @throws Problem 421, 403 or 415
   */
  check({ method, host, headers }: BrowserRequest): void {
    this.#checkHost(host);
    if (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS') {
      checkOrigin(host, headers);
    }
    checkMediaType(headers);
  }

  #checkHost(host: string): void {
    const name = host.replace(/:\d+$/, '').toLowerCase();
    if (this.answersToAll ? this.names.length === 0 : isLoopback(name)) {
      return;
    }
    if (!this.names.includes(name)) {
      throw new Problem(
        421,
        'misdirected_request',
        'this service does not answer to this host name, see ALLOWED_HOSTS',
      );
    }
  }
}

/** Refuses writes from pages of other sites. A program sends neither header. */
function checkOrigin(host: string, headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site'];
  const isForeign =
    (site !== undefined && site !== 'same-origin' && site !== 'none') ||
    (headers.origin !== undefined && hostOf(headers.origin) !== host);
  if (isForeign) {
    throw new Problem(403, 'forbidden', 'a page of another site cannot write here');
  }
}

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);

/** Refuses forms, the only bodies that a page may send without a preflight. */
function checkMediaType(headers: IncomingHttpHeaders): void {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (hasBody && type !== 'application/json') {
    throw new Problem(415, 'unsupported_media_type', 'request bodies must be application/json');
  }
}
