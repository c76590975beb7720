/** The end of a command that runs clients of Kafka and the database in its own process. */
import { describeFailure } from '../terminal/stack-error.ts';

/** Runs it and ends the process with the exit status it returns, or with 1 and one line when it fails or is interrupted. */
export async function runMain(main: () => Promise<number>): Promise<never> {
  // kafkajs sometimes computes negative timeouts (tulios/kafkajs#1751); Node treats them as 1 ms and warns each time.
  process.removeAllListeners('warning').on('warning', (warning) => {
    if (warning.name !== 'TimeoutNegativeWarning') {
      console.error(warning.stack);
    }
  });
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error((error as Error).name === 'AbortError' ? 'interrupted' : describeFailure(error));
    process.exitCode = 1;
  }
  // Whatever a client library still holds open must not keep a finished run alive.
  process.exit();
}
