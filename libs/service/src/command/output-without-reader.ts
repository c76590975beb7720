/**
 * Commands end quietly where a reader such as `head` has seen enough: without a listener, its closed pipe is an exception.
 *
 * @param react by default nothing: a command that changes something finishes its work, and what it says is lost
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
