/**
 * Checks for every command before the first one is needed, so that a new machine lacks them all at once, not one by
 * one.
 */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { StackError } from '../terminal/stack-error.ts';

/** The Debian package of each command that a machine may lack. */
const packageOf: Readonly<Record<string, string>> = {
  java: 'openjdk-17-jre-headless',
  mvn: 'maven',
  setpriv: 'util-linux',
  'apt-get': 'apt',
  'dpkg-deb': 'dpkg',
};

export function checkCommands(commands: readonly string[], otherwise: string): void {
  const missing = commands.filter((command) => !isExecutable(command));
  if (missing.length > 0) {
    const packages = missing.map((command) => packageOf[command] ?? command).join(' ');
    throw new StackError(
      `this machine lacks ${missing.join(' and ')}`,
      `install with "apt-get install ${packages}"; ${otherwise}`,
    );
  }
}

function isExecutable(command: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
