/** Runs a command to its end; a failure shows the last lines it printed, which contain the reason. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { StackError } from '../terminal/stack-error.ts';

const TAIL_LINES = 15;
/** Characters of a command line; the rest is paths and options. */
const MOST_SHOWN = 80;

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly signal?: AbortSignal | undefined;
  /** What the reader can check when the command fails. */
  readonly onFailure: string;
}

export function lastLines(text: string, count = TAIL_LINES): string {
  return stripVTControlCharacters(text).trimEnd().split('\n').slice(-count).join('\n');
}

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env, input, signal, onFailure }: CommandOptions,
): Promise<Output> {
  const child = spawn(command, args, { cwd, env: env ?? process.env, signal, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  let all = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    all += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    all += text;
  });
  // A command that ends before it has read its input closes the pipe; its exit code says enough.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await ending(child).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      throw new StackError(`the command ${command} was not found`, onFailure, { cause: error });
    }
    throw error;
  });
  if (code !== 0) {
    const line = [path.basename(command), ...args].join(' ').slice(0, MOST_SHOWN);
    throw new StackError(`"${line}" ended with ${code}`, onFailure, { excerpt: lastLines(all) });
  }
  return { stdout, stderr };
}

/** Even after an abort, settles only when the process is gone: it might still be writing. */
function ending(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
      if (child.pid === undefined) {
        reject(error);
      }
    });
    child.once('close', (code, signal) => (failure ? reject(failure) : resolve(code ?? signal)));
  });
}
