import { AppError, loadConfig } from '@chip/service';
import { onOutputWithoutReader } from '@chip/service/command';
import { type Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { currentUser } from './confirm.ts';
import { printable } from './printable.ts';

/**
 * Runs a command line. A failure becomes one sentence on standard error and exit code 1 (2 for wrong usage), never a
 * stack trace. Every operator command (db, topics, positions, dlq) is a separate entry that ends in this call.
 */
export async function runCommand(program: Command): Promise<void> {
  // Subcommands copy these settings only if they are created after them.
  const settle = (command: Command): void => {
    command.exitOverride().showHelpAfterError('(--help shows the usage)');
    command.commands.forEach(settle);
  };
  settle(program);
  onOutputWithoutReader();
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    console.error(printable(describe(error)));
    process.exitCode = 1;
  }
}

const INSUFFICIENT_PRIVILEGE = '42501';

function describe(error: unknown): string {
  if (!(error instanceof AppError)) {
    return error instanceof Error ? error.message : String(error);
  }
  const { code, message, cause, context } = error;
  if (code === 'deadline_exceeded' && cause instanceof Error) {
    return `${code}: ${message}: ${cause.message}`;
  }
  return context['sqlstate'] === INSUFFICIENT_PRIVILEGE
    ? `${code}: ${message}; the role in DATABASE_URL lacks a right: --help names the role that this command needs`
    : `${code}: ${message}`;
}

/** Of `NAME`, or of the file that `NAME_FILE` names, as services read it. @throws ConfigError when it cannot be read */
export const optionalVariable = (name: string): string | undefined =>
  (loadConfig(z.object({ [name]: z.string().optional() })) as Record<string, string | undefined>)[name];

/** As {@link optionalVariable}. @throws Error naming the missing variable */
export function environmentVariable(name: string): string {
  const value = optionalVariable(name);
  if (value === undefined) {
    throw new Error(`${name} is not set`);
  }
  return value;
}

/** Parses a text for the audit trail, which refuses empty ones. */
export const auditText =
  (most = Infinity) =>
  (text: string): string => {
    if (text.trim() === '' || text.length > most) {
      throw new InvalidArgumentError(
        most === Infinity ? 'expected a text that is not empty' : `expected 1 to ${most} characters`,
      );
    }
    return text;
  };

/** Why a command changes something; `usual` is the default. */
export const reasonOption = (usual: string): Option =>
  new Option('--reason <text>', 'why, for the audit trail').argParser(auditText()).default(usual);

/** Width of the column `actor`. */
const MAX_ACTOR = 200;

/** On whose behalf a command changes something. */
export const byOption = (): Option =>
  new Option('--by <name>', 'who, for the audit trail').argParser(auditText(MAX_ACTOR)).default(currentUser());
