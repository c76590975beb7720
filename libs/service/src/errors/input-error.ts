import { AppError } from './app-error.ts';

/** A command cannot use a file or an option; the message names it, says why, and what to do next. */
export class InputError extends AppError {
  readonly code = 'input_refused';
  readonly retriable = false;
}
