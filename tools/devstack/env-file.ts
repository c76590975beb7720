/** Plain `NAME=value` files: without quoting, a shell, a Dockerfile and a person all read them the same way. */
import { readFileSync, writeFileSync, renameSync } from 'node:fs';

export type Env = Record<string, string>;

export function parseEnv(text: string): Env {
  const env: Env = {};
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0 && !line.startsWith('#')) {
      env[line.slice(0, equals).trim()] = line.slice(equals + 1).trim();
    }
  }
  return env;
}

export function formatEnv(env: Env): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Returns undefined if the file does not exist. */
export function readEnvFile(file: string): Env | undefined {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** Readable by the owner only, since it holds passwords; appears whole or not at all. */
export function writeEnvFile(file: string, env: Env): void {
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, formatEnv(env), { mode: 0o600 });
  renameSync(partial, file);
}
