/**
 * Ends the process once all its output has left: a pipe shared with a parent (npm, a shell) may be non-blocking, and a
 * plain `process.exit` would truncate the output.
 */
export async function exitWhenWritten(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => {
      // A reader that is gone will never take the rest.
      stream.once('error', () => resolve());
      stream.write('', () => resolve());
    });
  }
  process.exit(code);
}
