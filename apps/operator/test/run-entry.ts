import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface EntryResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the operator as its users do, without a terminal. */
export async function runEntry(
  entry: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<EntryResult> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(`../dist/${entry}.js`, import.meta.url)), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout, stderr };
}
