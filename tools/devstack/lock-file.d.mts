/**
 * Takes a lock file for this process: the file then holds its pid.
 *
 * @param isHolder whether the process with this pid may hold the lock; after a crash the pid may belong to any process
 * @returns undefined once taken, or the pid of the process that holds it
 */
export function takeLockFile(file: string, isHolder: (pid: number) => boolean): number | undefined;
