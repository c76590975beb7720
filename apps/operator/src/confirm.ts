import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { InputError } from '@chip/service';

/** The person behind a command, unless they say otherwise. A container may run as a number that has no name. */
export function currentUser(read: () => { username: string } = userInfo): string {
  try {
    return read().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}

/**
 * Asks a person on the terminal. Without a terminal there is no answer, and nothing is assumed.
 *
 * @throws InputError when the answer is no, or there is no terminal
 */
export async function confirm(question: string, isConfirmed: boolean): Promise<void> {
  if (isConfirmed) {
    return;
  }
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new InputError('not a terminal: add --yes to make the change, or --dry-run to only look');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`${question} [yes/no] `);
    if (!/^y(es)?$/i.test(answer.trim())) {
      throw new InputError('nothing was changed');
    }
  } finally {
    terminal.close();
  }
}
