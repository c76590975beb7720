/**
 * The user that the PostgreSQL server runs as. The server refuses to run as root; if root starts it, it runs as the
 * system's `postgres` user, or `nobody` if there is none; if another user starts it, as that user.
 */
import { chownSync, readFileSync } from 'node:fs';
import { runCommand } from '../processes/run-command.ts';
import { StackError } from '../terminal/stack-error.ts';

interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface PostgresAccount {
  /** Prefixes a command with the change of user, if one is needed. */
  asAccount(command: string, args: readonly string[]): { command: string; args: string[] };
  own(fileOrFolder: string): void;
}

export function findAccount(passwd: string, name: string): Account | undefined {
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([login]) => login === name);
  return fields && { uid: Number(fields[2]), gid: Number(fields[3]) };
}

/** @param folders folders that the server must reach: its programs and its data */
export async function postgresAccount(folders: readonly string[], signal: AbortSignal): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) {
    return { asAccount: (command, args) => ({ command, args: [...args] }), own: () => {} };
  }
  const passwd = readFileSync('/etc/passwd', 'utf8');
  const account = findAccount(passwd, 'postgres') ?? findAccount(passwd, 'nobody');
  if (!account) {
    throw new StackError(
      'PostgreSQL does not run as root, and this machine has neither a user "postgres" nor "nobody"',
      'run this as an ordinary user, or set DATABASE_URL to a PostgreSQL 17 server with TimescaleDB',
    );
  }
  const change = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  if (!(await canReach(change, folders, signal))) {
    // The checkout lies below a folder closed to others (for example /root). This capability opens the way in and
    // changes nothing outside this process tree. Without the secure bit, access(2), which PostgreSQL calls on its own
    // files, would ignore the capability.
    change.push('--securebits=+no_setuid_fixup', '--inh-caps=+dac_override', '--ambient-caps=+dac_override');
    if (!(await canReach(change, folders, signal))) {
      throw new StackError(
        `the user with id ${account.uid}, as whom PostgreSQL must run, may not enter ${folders.join(' or ')}`,
        'move the checkout to a folder that every user may enter, or run this as an ordinary user',
      );
    }
  }
  return {
    asAccount: (command, args) => ({ command: 'setpriv', args: [...change, command, ...args] }),
    own: (fileOrFolder) => chownSync(fileOrFolder, account.uid, account.gid),
  };
}

async function canReach(change: readonly string[], folders: readonly string[], signal: AbortSignal): Promise<boolean> {
  try {
    for (const folder of folders) {
      await runCommand('setpriv', [...change, 'test', '-x', folder], { signal, onFailure: 'install util-linux' });
    }
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StackError) {
      return false;
    }
    throw error;
  }
}
