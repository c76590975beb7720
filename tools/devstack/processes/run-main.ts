/** The end of a command of this repository, as tools/devstack/commands/bootstrap.mjs starts it. */
import { describeFailure } from '../terminal/stack-error.ts';

/** Runs it and ends the process with the exit status it returns, or with 1 and one line when it fails or is interrupted. */
export async function runMain(main: () => Promise<number>): Promise<never> {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error((error as Error).name === 'AbortError' ? 'interrupted' : describeFailure(error));
    process.exitCode = 1;
  }
  // Whatever a client library still holds open must not keep a finished run alive.
  process.exit();
}
