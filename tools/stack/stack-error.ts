/** The one error that a user of the stack sees: what happened, and what to do next. */

export class StackError extends Error {
  readonly next: string;

  /**
   * @param what what happened, one sentence without a full stop at its end
   * @param next what the reader can do about it
   */
  constructor(what: string, next: string, options?: ErrorOptions) {
    super(what, options);
    this.name = 'StackError';
    this.next = next;
  }
}

/** The text for a terminal; an error that nobody foresaw keeps its stack trace, because nobody wrote its advice. */
export function describeFailure(error: unknown): string {
  if (error instanceof StackError) {
    return `${error.message}.\n  What to do: ${error.next}`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
