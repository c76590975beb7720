/** The URL of a database: what it may say, and the options of a connection that follow from it. */
import { accessSync, constants, readFileSync } from 'node:fs';
import pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { DatabaseUrlError } from './database-error.ts';

/** Modes between these two encrypt without knowing to whom, and libpq and node-postgres disagree about them. */
const SSL_MODES = ['disable', 'verify-full'];
/** Parameters that weaken TLS, or that only one of the two clients knows. */
const REFUSED_PARAMETERS = ['ssl', 'uselibpqcompat'];
const SSL_FILES = ['sslrootcert', 'sslcert', 'sslkey'];

/** Names a file that holds the password: the URL then has none. */
const PASSWORD_FILE = 'passwordfile';

/**
 * Checks the URL as far as it can be without connecting. For every new connection its certificate files and its password
 * file are read again, so renewed ones are taken over without a restart; a pool needs {@link freshClient} for that.
 *
 * @throws DatabaseUrlError
 */
export function connectionOptions(url: string): pg.ClientConfig {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new DatabaseUrlError(
      'The database URL cannot be read: expected postgres://user:password@host:port/database with one host.',
    );
  }
  if (!/^postgres(ql)?:$/.test(parsed.protocol) || parsed.hostname.includes(',') || parsed.pathname.length < 2) {
    throw new DatabaseUrlError(
      'The database URL must be postgres://user:password@host:port/database with one host (the name that follows the primary).',
    );
  }
  checkEncryption(parsed.searchParams);
  const file = parsed.searchParams.get(PASSWORD_FILE);
  if (file !== null && parsed.password !== '') {
    throw new DatabaseUrlError(`The database URL must not have both a password and ${PASSWORD_FILE}.`);
  }
  if (file !== null && !isReadable(file)) {
    throw new DatabaseUrlError(`${PASSWORD_FILE} in the database URL names a file that cannot be read.`);
  }
  return readOptions(url);
}

/**
 * As fields: with a connection string, node-postgres takes the password of the string even if that has none. Not as a
 * function either: when that fails, node-postgres leaves the connection half open, and the server keeps a place for it for
 * a minute.
 */
function readOptions(url: string): pg.ClientConfig {
  const parsed = new URL(url);
  const file = parsed.searchParams.get(PASSWORD_FILE);
  parsed.searchParams.delete(PASSWORD_FILE);
  return {
    ...parseIntoClientConfig(parsed.href),
    ...(file === null ? {} : { password: readFileSync(file, 'utf8').replace(/\r?\n$/, '') }),
  };
}

/**
 * For the option `Client` of a pool, which keeps its options: reads the files of the URL again for each connection. While one
 * cannot be read, such as in the middle of its renewal, what was read before is used.
 */
export function freshClient(url: string): typeof pg.Client {
  let last = readOptions(url);
  const next = (): pg.ClientConfig => {
    try {
      last = readOptions(url);
    } catch {
      // A pool that makes a connection for a waiting caller does not expect it to throw.
    }
    return last;
  };
  return class extends pg.Client {
    constructor(options: pg.ClientConfig) {
      super({ ...options, ...next() });
    }
  };
}

function checkEncryption(parameters: URLSearchParams): void {
  const mode = parameters.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode)) {
    throw new DatabaseUrlError('sslmode in the database URL must be verify-full or disable.');
  }
  const refused = REFUSED_PARAMETERS.find((name) => parameters.has(name));
  if (refused !== undefined) {
    throw new DatabaseUrlError(`The database URL must not have the parameter ${refused}: use sslmode=verify-full.`);
  }
  for (const name of SSL_FILES) {
    const file = parameters.get(name);
    if (file !== null && mode !== 'verify-full') {
      throw new DatabaseUrlError(`${name} in the database URL needs sslmode=verify-full.`);
    }
    if (file !== null && !isReadable(file)) {
      throw new DatabaseUrlError(`${name} in the database URL names a file that cannot be read.`);
    }
  }
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The certificates that a URL names, by parameter; `sslrootcert=system` is none.
 *
 * @param url as accepted by {@link connectionOptions}
 */
export const certificateFiles = (url: string): { parameter: string; file: string }[] =>
  [...new URL(url).searchParams]
    .filter(([parameter, file]) => ['sslrootcert', 'sslcert'].includes(parameter) && file !== 'system')
    .map(([parameter, file]) => ({ parameter, file }));

/** @param url as accepted by {@link connectionOptions} */
export const databaseName = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1));
