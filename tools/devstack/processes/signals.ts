/** Turns every way of stopping a command into one abort signal. */

/** A Ctrl-C reaches us from the terminal and again through npm: only a later one means impatience. */
const IMPATIENCE_MS = 2_000;

/**
 * @param onImpatience called when the user asks again, later
 * @param print reports the signal, because the reader need not have sent it
 */
export function endOnSignals(onImpatience: () => void, print: (line: string) => void = console.error): AbortSignal {
  const ending = new AbortController();
  let firstAt: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (firstAt === undefined) {
        firstAt = performance.now();
        print(`stopping (${name})`);
        ending.abort();
      } else if (performance.now() - firstAt > IMPATIENCE_MS) {
        onImpatience();
      }
    });
  }
  return ending.signal;
}
