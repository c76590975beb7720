import { AppError } from '@chip/service';
import { type Command, CommanderError, Option } from 'commander';
import { currentUser } from './confirm.ts';

/**
 * Runs a command line: a failure becomes one sentence on standard error and exit code 1 (2 for a wrong call), never a
 * stack trace. Every command of the operator (db, topics, positions, dlq) is an entry of its own that ends in this call.
 */
export async function runCommand(program: Command): Promise<void> {
  // Subcommands copy these settings only when they are made after them.
  const settle = (command: Command): void => {
    command.exitOverride().showHelpAfterError('(--help shows how to call it)');
    command.commands.forEach(settle);
  };
  settle(program);
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const code = error instanceof AppError ? `${error.code}: ` : '';
    console.error(`${code}${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

/** @throws Error naming the variable, when it is missing */
export function environmentVariable(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set`);
  }
  return value;
}

/** Why a command changes something; `usual` is the default. */
export const reasonOption = (usual: string): Option =>
  new Option('--reason <text>', 'why, for the audit trail').default(usual);

/** In whose name a command changes something. */
export const byOption = (): Option => new Option('--by <name>', 'who, for the audit trail').default(currentUser());
