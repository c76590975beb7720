/** Prometheus, promtool and the Alertmanager: Debian's packages for the release of this machine, unpacked in a folder. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cachedFolder } from '../devstack/servers/cached-folder.ts';
import { capture, downloadDebianPackages } from '../devstack/servers/debian-packages.ts';
import { cacheFolder } from '../devstack/layout.ts';
import { runCommand } from '../devstack/processes/run-command.ts';
import type { Report } from '../devstack/terminal/progress.ts';

const PACKAGES = ['prometheus', 'prometheus-alertmanager'];
/** Raise it when the folder's layout changes, so that an old cache is not used. */
const LAYOUT_VERSION = 2;
const TEMPLATES = 'usr/share/prometheus/alertmanager';
const INSTEAD = 'leave out what needs Prometheus';

/** Paths of programs. */
export interface Programs {
  readonly prometheus: string;
  readonly promtool: string;
  readonly alertmanager: string;
  /** Folder in which the Alertmanager must run. */
  readonly alertmanagerFolder: string;
}

/** Downloads the packages on first use (30 MB). The programs need no library but this machine's C library. */
export async function providePrograms(report: Report, signal: AbortSignal): Promise<Programs> {
  const architecture = (await capture('dpkg', ['--print-architecture'], INSTEAD, signal)).trim();
  const folder = await cachedFolder(cacheFolder(), `prometheus-${LAYOUT_VERSION}-${architecture}`, async (root) => {
    const work = path.join(root, 'download');
    const wanted = { packages: PACKAGES, isNeeded: (name: string) => PACKAGES.includes(name), instead: INSTEAD };
    await downloadDebianPackages(work, wanted, (text) => report('Prometheus', text), signal);
    const packages = path.join(work, 'packages');
    for (const file of readdirSync(packages)) {
      await runCommand('dpkg-deb', ['--extract', path.join(packages, file), root], { signal, onFailure: INSTEAD });
    }
    rmSync(work, { recursive: true });
    useTemplatesOfFolder(path.join(root, 'usr/bin/prometheus-alertmanager'));
  });
  const program = (name: string): string => path.join(folder, 'usr/bin', name);
  return {
    prometheus: program('prometheus'),
    promtool: program('promtool'),
    alertmanager: program('prometheus-alertmanager'),
    alertmanagerFolder: path.join(folder, TEMPLATES),
  };
}

/**
 * Debian's Alertmanager does not start without its templates below /usr/share, where only root may put them. Replaces the
 * path in the program by one of the same length that leads to the working directory.
 */
function useTemplatesOfFolder(file: string): void {
  const program = readFileSync(file);
  const wanted = Buffer.from(`/${TEMPLATES}`);
  const here = Buffer.from('/proc/self/cwd/'.padEnd(wanted.length, './'));
  for (let at = program.indexOf(wanted); at >= 0; at = program.indexOf(wanted, at + 1)) {
    here.copy(program, at);
  }
  writeFileSync(file, program);
}
