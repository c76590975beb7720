/** A Ctrl-C reaches a command from the terminal and again through npm; only a later signal is a second one. */
const IMPATIENCE_MS = 2_000;

/**
 * Turns SIGINT and SIGTERM into an abort, so that a command finishes what it has begun. A second one ends the process.
 *
 * @param tell called once, at the first signal
 * @param exitCode of the process at the second one
 */
export function endOnSignals(tell: (signal: NodeJS.Signals) => void, exitCode: number): AbortSignal {
  const ending = new AbortController();
  let firstAt: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (firstAt === undefined) {
        firstAt = performance.now();
        tell(signal);
        ending.abort();
      } else if (performance.now() - firstAt > IMPATIENCE_MS) {
        process.exit(exitCode);
      }
    });
  }
  return ending.signal;
}
