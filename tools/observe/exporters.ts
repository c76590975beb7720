/** Exporters of what the services cannot know: Debian's packages, unpacked in a folder. */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cachedFolder } from '../devstack/servers/cached-folder.ts';
import { capture, downloadDebianPackages } from '../devstack/servers/debian-packages.ts';
import { cacheFolder } from '../devstack/layout.ts';
import { runCommand } from '../devstack/processes/run-command.ts';
import type { Report } from '../devstack/terminal/progress.ts';

/** Older releases lack the exporter of pgBackRest. Both programs need only the C library, and no new one. */
const RELEASE = 'trixie';
const PACKAGES = ['prometheus-node-exporter', 'prometheus-pgbackrest-exporter'];
const INSTEAD = 'leave out the accidents that need exporters';

/** Paths of programs. */
export interface Exporters {
  readonly node: string;
  readonly pgBackRest: string;
}

/** Downloads the packages on first use (11 MB). */
export async function provideExporters(report: Report, signal: AbortSignal): Promise<Exporters> {
  const architecture = (await capture('dpkg', ['--print-architecture'], INSTEAD, signal)).trim();
  const folder = await cachedFolder(cacheFolder(), `exporters-${RELEASE}-${architecture}`, async (root) => {
    const work = path.join(root, 'download');
    const isNeeded = (name: string): boolean => PACKAGES.includes(name);
    const wanted = { release: RELEASE, packages: PACKAGES, isNeeded, instead: INSTEAD };
    await downloadDebianPackages(work, wanted, (text) => report('exporters', text), signal);
    const packages = path.join(work, 'packages');
    for (const file of readdirSync(packages)) {
      await runCommand('dpkg-deb', ['--extract', path.join(packages, file), root], { signal, onFailure: INSTEAD });
    }
    rmSync(work, { recursive: true });
  });
  const program = (name: string): string => path.join(folder, 'usr/bin', name);
  return { node: program('prometheus-node-exporter'), pgBackRest: program('prometheus-pgbackrest-exporter') };
}
