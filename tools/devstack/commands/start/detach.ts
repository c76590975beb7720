/** Starts the supervisor in the background and waits, with its progress on the terminal, until the stack is ready. */
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { logFile } from '../../processes/processes.ts';

/** Messages from the supervisor in the background to the command that started it. */
export type Message =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly text: string };

/** Resolves with the exit code of the command. */
export function startInBackground(
  script: string,
  args: readonly string[],
  runFolder: string,
  signal: AbortSignal,
): Promise<number> {
  const log = openSync(logFile(runFolder, 'supervisor'), 'w');
  const child = spawn(process.execPath, [script, ...args], { detached: true, stdio: ['ignore', log, log, 'ipc'] });
  // The supervisor ends what it has started and reports; then this command ends as well.
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code || 1));
    child.on('message', (message: Message) => {
      switch (message.kind) {
        case 'line':
          console.log(message.text);
          break;
        case 'failed':
          console.error(message.text);
          break;
        case 'ready':
          child.disconnect();
          child.unref();
          resolve(0);
      }
    });
  });
}

/** The sending end, in the background process. */
export function tellStarter(message: Message): void {
  if (process.connected) {
    process.send?.(message);
  }
}

/** An open channel would keep this process alive. */
export function leaveStarter(): void {
  if (process.connected) {
    process.disconnect();
  }
}
