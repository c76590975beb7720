/** Turns the ways in which a command is told to end into one abort signal. */

/** A Ctrl-C reaches us from the terminal and once more through npm: only a later one means impatience. */
const impatienceMs = 2_000;

/** @param onImpatience called when the user asks again, later */
export function endOnSignals(onImpatience: () => void): AbortSignal {
  const ending = new AbortController();
  let firstAt: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt > impatienceMs) {
        onImpatience();
      }
      ending.abort();
    });
  }
  return ending.signal;
}
