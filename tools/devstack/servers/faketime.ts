/** libfaketime, which makes the wall clock of one process step: Debian's package for the release of this machine. */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cachedFolder } from './cached-folder.ts';
import { capture, downloadDebianPackages } from './debian-packages.ts';
import type { Report } from '../terminal/progress.ts';
import { runCommand } from '../processes/run-command.ts';

const PART = 'faketime';
const INSTEAD = 'leave out the faults that step a clock';

/** Resolves with the library to preload. It is linked against this machine's C library, hence the machine's release. */
export async function provideFaketime(cache: string, report: Report, signal: AbortSignal): Promise<string> {
  const architecture = (await capture('dpkg', ['--print-architecture'], INSTEAD, signal)).trim();
  const folder = await cachedFolder(cache, `faketime-${architecture}`, async (root) => {
    const work = path.join(root, 'download');
    const wanted = { packages: ['libfaketime'], isNeeded: (name: string) => name === 'libfaketime', instead: INSTEAD };
    await downloadDebianPackages(work, wanted, (text) => report(PART, text), signal);
    const packages = path.join(work, 'packages');
    for (const file of readdirSync(packages)) {
      await runCommand('dpkg-deb', ['--extract', path.join(packages, file), root], { signal, onFailure: INSTEAD });
    }
    rmSync(work, { recursive: true });
  });
  const libraries = path.join(folder, 'usr/lib');
  const [triplet] = readdirSync(libraries);
  return path.join(libraries, triplet as string, 'faketime', 'libfaketimeMT.so.1');
}

/**
 * The environment of a process whose wall clock differs from the real one by the content of the file (`+3600s`).
 * Durations stay real: with the monotonic clock faked as well, a JVM's waits would end at once.
 */
export function fakedClock(library: string, file: string): Record<string, string> {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_FORCE_MONOTONIC_FIX: '0',
  };
}
