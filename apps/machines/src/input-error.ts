import { AppError } from '@chip/service';

/** A file or an option given to a command cannot be used; the message says which, where in it, and why. */
export class InputError extends AppError {
  readonly code = 'input_refused';
  readonly retriable = false;
}
