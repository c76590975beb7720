/**
 * Commands end quietly when a reader such as `head` has seen enough: without a listener, the closed pipe is an exception.
 *
 * @param react does nothing by default: a command that changes something finishes its work, and its output is lost
 */
export function onOutputWithoutReader(react: () => void = () => undefined): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') {
        throw error;
      }
      react();
    });
  }
}
