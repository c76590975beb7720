/**
 * pgBackRest as a Debian package, runnable in place without root: unpacked into a folder of its own together with the
 * libraries that it needs, and started through that folder's dynamic loader, as PostgreSQL's programs are.
 */
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cachedFolder } from '../servers/cached-folder.ts';
import { capture, downloadDebianPackages } from '../servers/debian-packages.ts';
import { runCommand } from '../processes/run-command.ts';
import type { Report } from '../terminal/progress.ts';

/** That of the servers: its libraries come with it. */
const RELEASE = 'trixie';
const PART = 'pgBackRest';
const INSTEAD = 'run this on Debian with its main archive in /etc/apt';
const PROGRAM = 'usr/bin/pgbackrest';

/** Only the program and its libraries: scripts of an installation never run. */
const isNeeded = (name: string): boolean =>
  /^(pgbackrest|lib.+|zlib1g|gcc-.*)$/.test(name) && !/^lib(perl|llvm|z3)|-perl$/.test(name);

/** Resolves with the path of the program. */
export async function providePgBackRest(cache: string, report: Report, signal: AbortSignal): Promise<string> {
  const architecture = (await capture('dpkg', ['--print-architecture'], INSTEAD, signal)).trim();
  const folder = await cachedFolder(cache, `pgbackrest-${RELEASE}-${architecture}`, async (root) => {
    // If we are root, the server runs it as another user, whatever our umask is.
    chmodSync(root, 0o755);
    const work = path.join(root, 'download');
    const wanted = { release: RELEASE, packages: ['pgbackrest'], isNeeded, instead: INSTEAD };
    await downloadDebianPackages(work, wanted, (text) => report(PART, text), signal);
    const packages = path.join(work, 'packages');
    for (const file of readdirSync(packages)) {
      await runCommand('dpkg-deb', ['--extract', path.join(packages, file), root], { signal, onFailure: INSTEAD });
    }
    rmSync(work, { recursive: true });
    makeRunnable(root);
  });
  return path.join(folder, PROGRAM);
}

/** pgBackRest starts itself again by the name it was started with, which must be that of the wrapper. */
function makeRunnable(root: string): void {
  const libraries = readdirSync(path.join(root, 'usr/lib')).find((name) => name.endsWith('-linux-gnu'));
  if (libraries === undefined) {
    throw new Error('the packages contain no libraries');
  }
  const folder = path.join(root, 'usr/lib', libraries);
  const loader = readdirSync(folder).find((name) => /^ld-linux.*\.so/.test(name));
  if (loader === undefined) {
    throw new Error('the packages contain no dynamic loader');
  }
  mkdirSync(path.join(root, 'elf'));
  renameSync(path.join(root, PROGRAM), path.join(root, 'elf/pgbackrest'));
  writeFileSync(
    path.join(root, PROGRAM),
    `#!/bin/sh
root="\${0%/${PROGRAM}}"
exec "$root/usr/lib/${libraries}/${loader}" --argv0 "$0" --library-path "$root/usr/lib/${libraries}" "$root/elf/pgbackrest" "$@"
`,
    { mode: 0o755 },
  );
  chmodSync(path.join(root, PROGRAM), 0o755);
}
