import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface EntryResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The database of `url` for operators, who do not own it. */
export function asOperator(url: string): string {
  const given = process.env['OPERATOR_DATABASE_URL'];
  if (!given) {
    throw new Error('OPERATOR_DATABASE_URL is not set: the local stack has a user for operators');
  }
  const changed = new URL(given);
  changed.pathname = new URL(url).pathname;
  return changed.href;
}

/**
 * Runs a command of the operator as its users do, without a terminal.
 *
 * @param options.isRead false: the reader of its output is gone from the start
 * @param options.begun called with its process
 */
export async function runEntry(
  entry: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { isRead = true, begun }: { isRead?: boolean; begun?: (child: ChildProcess) => void } = {},
): Promise<EntryResult> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(`../dist/${entry}.js`, import.meta.url)), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => (stdout += text));
  if (!isRead) {
    child.stdout.destroy();
  }
  child.stderr.on('data', (text) => (stderr += text));
  begun?.(child);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout, stderr };
}
