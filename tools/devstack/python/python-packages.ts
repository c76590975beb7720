/** Packages of Python for tests and tools, in a folder of the cache: nothing is installed into the system. */
import { createHash } from 'node:crypto';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cachedFolder } from '../servers/cached-folder.ts';

const PYTHON = 'python3';

/** @returns why Python cannot run packages here, or undefined when it can */
export function pythonProblem(): string | undefined {
  const { error, status } = spawnSync(PYTHON, ['-m', 'pip', '--version'], { encoding: 'utf8' });
  return error === undefined && status === 0 ? undefined : 'python3 with pip is not installed';
}

/** What tests and examples need: frames, and other readers of Parquet and Arrow. */
const ANALYSIS = fileURLToPath(new URL('requirements.txt', import.meta.url));

/**
 * Installs what a requirements file lists, once per file and Python.
 *
 * @param requirements path of a complete requirements file: nothing else is installed
 * @returns the folder, for PYTHONPATH
 * @throws when a package cannot be had for this Python
 */
export function pythonPackages(cache: string, requirements = ANALYSIS): Promise<string> {
  const version = spawnSync(PYTHON, ['-c', 'import sys; print(sys.implementation.cache_tag)'], { encoding: 'utf8' });
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  return cachedFolder(cache, `${version.stdout.trim()}-packages-${key}`, async (folder) => {
    // Python compiles what a program imports, the first time that it does: a quarter of all modules.
    const options = ['--quiet', '--no-deps', '--no-compile', '--only-binary', ':all:', '--target', folder];
    await promisify(execFile)(PYTHON, ['-m', 'pip', 'install', ...options, '--requirement', requirements]);
  });
}
