/** The one error that a user of the stack sees: what happened, and what to do next. */

import { describeSystemRefusal } from './system-refusals.mjs';

export interface StackErrorOptions extends ErrorOptions {
  /** The end of a log or of a command's output. */
  readonly excerpt?: string;
}

export class StackError extends Error {
  readonly next: string;
  readonly excerpt: string | undefined;

  /**
   * @param what what happened, in one sentence without a full stop
   * @param next what the reader can do about it
   */
  constructor(what: string, next: string, options?: StackErrorOptions) {
    super(what, options);
    this.name = 'StackError';
    this.next = next;
    this.excerpt = options?.excerpt;
  }
}

/** The text for a terminal; an unforeseen error keeps its stack trace, because it has no advice. */
export function describeFailure(error: unknown): string {
  if (error instanceof StackError) {
    const excerpt = error.excerpt?.split('\n').map((line) => `  | ${line}`) ?? [];
    return [`\n${error.message}.`, ...excerpt, `  What to do: ${error.next}`].join('\n');
  }
  return describeSystemRefusal(error) ?? (error instanceof Error ? (error.stack ?? error.message) : String(error));
}
