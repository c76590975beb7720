/** Tokens for SASL OAUTHBEARER: from a file that another process keeps fresh, or from a token endpoint. */
import { readFile } from 'node:fs/promises';
import kafkajs from 'kafkajs';
import { z } from 'zod';
import { KafkaRefusedError } from './kafka.error.ts';

/**
 * Where tokens come from. Kubernetes projects a file for a service account, and sidecars write one; an endpoint issues
 * tokens for client credentials (RFC 6749, section 4.4), as Keycloak and other authorisation servers do.
 */
export type TokenSource =
  | { readonly file: string }
  | { readonly endpoint: string; readonly clientId: string; readonly clientSecret: string; readonly scope?: string };

type TokenProvider = () => Promise<string>;

/** kafkajs's exchange of one message for one answer; answers are length-prefixed. */
interface SaslExchange {
  saslAuthenticate(message: {
    request: { encode(): Promise<Buffer> };
    response: { decode(answer: Buffer): Promise<Buffer>; parse(answer: Buffer): Promise<string> };
  }): Promise<string>;
}

const ENDPOINT_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 256 * 1024;
/** Share of its lifetime after which a token is no longer used for a new session. */
const USABLE_SHARE = 0.8;

const answerSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().optional() });

/**
 * The mechanism in the form that kafkajs accepts for custom ones. Its built-in one ignores the broker's answer: after a
 * refused token it goes on until the broker closes the connection, and reports that no broker is there.
 *
 * A missing token is a transient failure: callers get KafkaUnavailableError. If the endpoint refuses the credentials or
 * the broker the token, they get KafkaRefusedError. No message holds a token or a secret.
 */
export function oauthBearer(source: TokenSource) {
  const nextToken = 'file' in source ? () => fromFile(source.file) : fromEndpoint(source);
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ saslAuthenticate }: SaslExchange) => ({
      authenticate: async (): Promise<void> => {
        const message = Buffer.from(`n,,\x01auth=Bearer ${await nextToken()}\x01\x01`);
        const length = Buffer.alloc(4);
        length.writeInt32BE(message.length);
        const answer = await saslAuthenticate({
          request: { encode: () => Promise.resolve(Buffer.concat([length, message])) },
          response: {
            decode: (bytes) => Promise.resolve(bytes.subarray(4)),
            parse: (bytes) => Promise.resolve(bytes.toString()),
          },
        });
        // Empty when the token is good, else the reason as JSON (RFC 7628, section 3.2.2).
        if (answer !== '') {
          throw new KafkaRefusedError(`SASL OAUTHBEARER: the broker refuses the token: ${answer.slice(0, 200)}`);
        }
      },
    }),
  };
}

/** Read each time: its writer replaces the token well before it expires. */
async function fromFile(file: string): Promise<string> {
  let text;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw unavailable(`the SASL token cannot be read from ${file}: ${messageOf(error)}`);
  }
  const value = text.trim();
  if (value === '') {
    throw unavailable(`the SASL token file ${file} is empty`);
  }
  return value;
}

function fromEndpoint(source: Exclude<TokenSource, { file: string }>): TokenProvider {
  let usableUntil = -Infinity;
  let current: Promise<string> | undefined;
  const renew = async (): Promise<string> => {
    const requestedAt = performance.now();
    const { access_token: value, expires_in: seconds = 0 } = await requestToken(source);
    usableUntil = requestedAt + seconds * 1_000 * USABLE_SHARE;
    return value;
  };
  return () => {
    if (current === undefined || performance.now() >= usableUntil) {
      // Connections opened at the same time share one request.
      usableUntil = Infinity;
      current = renew().catch((error: unknown) => {
        current = undefined;
        throw error;
      });
    }
    return current;
  };
}

async function requestToken({
  endpoint,
  clientId,
  clientSecret,
  scope,
}: Exclude<TokenSource, { file: string }>): Promise<z.infer<typeof answerSchema>> {
  // Both are form-encoded before they are joined (RFC 6749, section 2.3.1).
  const credentials = [clientId, clientSecret].map((part) => encodeURIComponent(part)).join(':');
  let response;
  let text;
  try {
    response = await fetch(endpoint, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(ENDPOINT_TIMEOUT_MS),
      headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}`, accept: 'application/json' },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) }),
    });
    text = await response.text();
  } catch (error) {
    throw unavailable(`the token endpoint ${endpoint} does not answer: ${messageOf(error)}`);
  }
  if (response.status >= 400 && response.status < 500 && response.status !== 429) {
    throw new KafkaRefusedError(`the token endpoint ${endpoint} refuses client ${clientId}: status ${response.status}`);
  }
  const answer = answerSchema.safeParse(response.ok && text.length <= MAX_ANSWER_BYTES ? parse(text) : undefined);
  if (!answer.success) {
    throw unavailable(`the token endpoint ${endpoint} gives no token: status ${response.status}`);
  }
  return answer.data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * kafkajs retries such an error on a new connection; on the same one the broker would not accept a second handshake.
 */
const unavailable = (message: string): Error => new kafkajs.KafkaJSConnectionError(message);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
