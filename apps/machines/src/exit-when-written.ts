/**
 * Ends the process after everything it wrote has left it: a pipe that is shared with a parent (npm, a shell) may be
 * non-blocking, and a plain `process.exit` would cut the output short.
 */
export async function exitWhenWritten(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => {
      // A reader that has gone away will never take the rest.
      stream.once('error', () => resolve());
      stream.write('', () => resolve());
    });
  }
  process.exit(code);
}
