import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { InputError } from '@chip/service';

/** The person behind a command, unless they say otherwise. */
export const currentUser = (): string => userInfo().username;

/**
 * Asks a person on the terminal. Without a terminal nobody can answer, and nothing is assumed.
 *
 * @throws InputError when the answer is no, or there is nobody to ask
 */
export async function confirm(question: string, isConfirmed: boolean): Promise<void> {
  if (isConfirmed) {
    return;
  }
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new InputError('this is no terminal to ask on; add --yes to do it, or --dry-run to look only');
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
