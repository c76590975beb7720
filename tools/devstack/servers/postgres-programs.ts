/**
 * Fetches PostgreSQL with TimescaleDB as Debian packages and makes the programs runnable in place.
 *
 * The packages come from Debian trixie (bookworm has no TimescaleDB) or the release after it, whose C libraries are newer
 * than bookworm's. They are therefore unpacked into their own folder together with every library they need, and each program starts through
 * that folder's dynamic loader. Nothing is installed on the machine; no root, chroot or mount is needed. A crashed run
 * leaves nothing behind, and psql reads and writes the caller's files as usual.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cachedFolder } from './cached-folder.ts';
import { capture, downloadDebianPackages } from './debian-packages.ts';
import { checkCommands } from './prerequisites.ts';
import type { Report } from '../terminal/progress.ts';
import { runCommand } from '../processes/run-command.ts';
import { StackError } from '../terminal/stack-error.ts';

export type Major = '17' | '18';

/** Which release of Debian has a major version with TimescaleDB. */
const RELEASES: Readonly<Record<Major, string>> = { '17': 'trixie', '18': 'forky' };
const USUAL: Major = '17';
/** Raise it when the folder's layout changes, so that an old cache is not used. */
const LAYOUT_VERSION = 1;

const homeOf = (major: Major): string => `usr/lib/postgresql/${major}`;
/** Debian's PostgreSQL reads the machine's own time zones. */
const TIME_ZONES = '/usr/share/zoneinfo';
const PART = 'PostgreSQL';

const WITHOUT_DEBIAN =
  'run this on Debian with its main archive in /etc/apt, or set DATABASE_URL to a PostgreSQL 17 server with TimescaleDB';

/**
 * Selects only programs and libraries from what apt would install: the rest (perl, adduser, debconf …) serves
 * installation scripts that never run. LLVM is 120 MB for a just-in-time compiler that stays off.
 */
export function isNeeded(packageName: string, major: Major = USUAL): boolean {
  const wanted = new RegExp(`^(postgresql-${major}.*|postgresql-client-${major}|pgbouncer|lib.+|gcc-.*)$`);
  return wanted.test(packageName) && !/^lib(llvm|z3|perl|pam-modules)|-perl$/.test(packageName);
}

/** The major version that CHIP_POSTGRES_MAJOR asks for. */
export function wantedMajor(env: Readonly<Record<string, string | undefined>> = process.env): Major {
  const wanted = env['CHIP_POSTGRES_MAJOR'] ?? USUAL;
  if (!(wanted in RELEASES)) {
    throw new StackError(
      `CHIP_POSTGRES_MAJOR is "${wanted}", and Debian has TimescaleDB for ${Object.keys(RELEASES).join(' and ')}`,
      'set it to one of them, or leave it out',
    );
  }
  return wanted as Major;
}

/** Resolves with the folder of runnable programs (PG_BIN). */
export async function providePostgresPrograms(
  cache: string,
  report: Report,
  signal: AbortSignal,
  major: Major = wantedMajor(),
): Promise<string> {
  const release = RELEASES[major];
  const packages = [`postgresql-${major}`, `postgresql-${major}-timescaledb`, 'pgbouncer'];
  checkCommands(['apt-get', 'dpkg-deb', 'setpriv'], WITHOUT_DEBIAN);
  if (!existsSync(TIME_ZONES)) {
    throw new StackError(`this machine has no time zones (${TIME_ZONES})`, 'install with "apt-get install tzdata"');
  }
  const architecture = (await capture('dpkg', ['--print-architecture'], WITHOUT_DEBIAN, signal)).trim();
  const key = createHash('sha256')
    .update(JSON.stringify([release, packages, architecture, LAYOUT_VERSION]))
    .digest('hex')
    .slice(0, 12);
  const build = async (root: string): Promise<void> => {
    // If we are root, the server runs as another user, whatever our umask is.
    chmodSync(root, 0o755);
    const work = path.join(root, 'download');
    await downloadDebianPackages(
      work,
      { release, packages, isNeeded: (name) => isNeeded(name, major), instead: WITHOUT_DEBIAN },
      (text) => report(PART, text),
      signal,
    );
    await unpack(work, root, homeOf(major), report, signal);
    rmSync(work, { recursive: true });
  };
  const folder = await cachedFolder(cache, `${release}-${key}`, build, true);
  return path.join(folder, homeOf(major), 'bin');
}

async function unpack(work: string, root: string, home: string, report: Report, signal: AbortSignal): Promise<void> {
  const files = readdirSync(path.join(work, 'packages')).filter((name) => name.endsWith('.deb'));
  report(PART, `unpacking ${files.length} packages`);
  for (const file of files) {
    await runCommand('dpkg-deb', ['--extract', path.join(work, 'packages', file), root], {
      signal,
      onFailure: 'check the free space on this disk, then try again',
    });
  }
  makeRunnable(root, home);
}

/** `elf/` contains the programs, `bin/` a wrapper for each. */
function makeRunnable(root: string, home: string): void {
  const programs = path.join(root, home, 'elf');
  const wrappers = path.join(root, home, 'bin');
  renameSync(wrappers, programs);
  renameSync(path.join(root, 'usr/sbin/pgbouncer'), path.join(programs, 'pgbouncer'));
  // Without this file the server knows that it has no compiler; with it, loading LLVM would fail.
  rmSync(path.join(root, home, 'lib/llvmjit.so'), { force: true });
  rmSync(path.join(root, home, 'lib/bitcode'), { recursive: true, force: true });
  const loader = findLoader(root);
  mkdirSync(wrappers);
  for (const program of readdirSync(programs)) {
    writeFileSync(path.join(wrappers, program), wrapper(loader, home), { mode: 0o755 });
    chmodSync(path.join(wrappers, program), 0o755);
  }
}

/** Relative to the root folder, for example `usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2`. */
function findLoader(root: string): string {
  const libraries = path.join(root, 'usr/lib');
  for (const triplet of readdirSync(libraries)) {
    const folder = path.join(libraries, triplet);
    const loader =
      existsSync(path.join(folder, 'libc.so.6')) && readdirSync(folder).find((name) => /^ld-linux.*\.so/.test(name));
    if (loader) {
      return path.join('usr/lib', triplet, loader);
    }
  }
  throw new StackError('the packages contain no dynamic loader', WITHOUT_DEBIAN);
}

/**
 * The programs find each other and their files relative to their own path, which they take from argv[0]. It must be the
 * wrapper's path, so that the programs they call start through the loader as well.
 */
function wrapper(loader: string, home: string): string {
  return `#!/bin/sh
root="\${0%/${home}/bin/*}"
exec "$root/${loader}" --argv0 "$0" --library-path "$root/${path.dirname(loader)}" "$root/${home}/elf/\${0##*/}" "$@"
`;
}
