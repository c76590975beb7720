import { type Problem } from './api.ts';

/** A refusal or failure of the service, from its `application/problem+json`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  private constructor(
    /** HTTP status. */
    readonly status: number,
    /** Stable name of the problem; compare this, not the text. `unexpected_answer`: the answer is not a problem document, so a proxy sent it. */
    readonly code: Problem['code'] | 'unexpected_answer',
    /** What is wrong, for a person to read. */
    readonly detail: string,
    /** The parameters at fault: a name, or a JSON pointer into the body. */
    readonly errors: NonNullable<Problem['errors']>,
    /** Seconds after which to try again, where the service states it. */
    readonly retryAfterS: number | undefined,
  ) {
    super(`${status} ${code}: ${detail}`);
  }

  /** Reads the body of an answer whose status is not 2xx. */
  static async of(response: Response): Promise<ProblemError> {
    const seconds = Number(response.headers.get('retry-after') ?? NaN);
    const retryAfterS = Number.isFinite(seconds) ? seconds : undefined;
    const problem = await readProblem(response);
    return problem === undefined
      ? new ProblemError(response.status, 'unexpected_answer', response.statusText, [], retryAfterS)
      : new ProblemError(response.status, problem.code, problem.detail, problem.errors ?? [], retryAfterS);
  }
}

async function readProblem(response: Response): Promise<Problem | undefined> {
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) {
    return undefined;
  }
  try {
    return (await response.json()) as Problem;
  } catch {
    // The connection broke in the middle of the document.
    return undefined;
  }
}
