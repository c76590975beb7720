/** A former version of the services: built from git, once per commit, and copied into the run that uses it. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder, REPOSITORY_ROOT } from '../../devstack/layout.ts';
import { runCommand } from '../../devstack/processes/run-command.ts';
import { cachedFolder } from '../../devstack/servers/cached-folder.ts';
import type { Report } from '../../devstack/terminal/progress.ts';

const PARTS = ['apps', 'libs', 'package.json', 'package-lock.json', '.npmrc', '.swcrc'];
const COMPILE = path.join(REPOSITORY_ROOT, 'tools', 'compile.mjs');
const MODULES = path.join(REPOSITORY_ROOT, 'node_modules');
/** Names of the workspaces, which link to the sources of a checkout. */
const OWN = '@chip';

/**
 * @param ref commit, tag or branch
 * @param target folder to make, which then is a checkout with a build and its packages
 */
export async function provideRelease(ref: string, target: string, report: Report, signal: AbortSignal): Promise<void> {
  const { stdout } = await runCommand('git', ['rev-parse', '--verify', `${ref}^{commit}`], {
    cwd: REPOSITORY_ROOT,
    signal,
    onFailure: 'name a commit, tag or branch of this repository that is here (git fetch --tags)',
  });
  const commit = stdout.trim().slice(0, 12);
  const built = await cachedFolder(cacheFolder(), `release-${commit}`, async (root) => {
    report('release', `building ${commit}`);
    await unpack(commit, root, signal);
    await build(root, signal);
    if (!hasItsPackages(root)) {
      report('release', 'installing its packages, which differ from those of this checkout');
      await runCommand('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
        cwd: root,
        signal,
        onFailure: 'check that npm reaches its registry, then try again',
      });
    }
  });
  cpSync(built, target, { recursive: true, verbatimSymlinks: true });
  if (!existsSync(path.join(target, 'node_modules'))) {
    linkPackages(target);
  }
  report('release', `the services of ${ref} (${commit}) are built`);
}

async function unpack(commit: string, root: string, signal: AbortSignal): Promise<void> {
  const archive = path.join(root, 'source.tar');
  const onFailure = 'check the free space on this disk, then try again';
  await runCommand('git', ['archive', `--output=${archive}`, commit, ...PARTS], {
    cwd: REPOSITORY_ROOT,
    signal,
    onFailure,
  });
  await runCommand('tar', ['--extract', `--file=${archive}`, `--directory=${root}`], { signal, onFailure });
  rmSync(archive);
}

async function build(root: string, signal: AbortSignal): Promise<void> {
  const sources = ['apps', 'libs'].flatMap((parent) =>
    readdirSync(path.join(root, parent)).map((name) => path.join(root, parent, name)),
  );
  for (const cwd of sources.filter((folder) => existsSync(path.join(folder, 'src')))) {
    await runCommand(process.execPath, [COMPILE, 'src', 'dist'], {
      cwd,
      signal,
      onFailure: 'that version does not build with the compiler of this checkout',
    });
  }
}

interface Lock {
  readonly packages?: Readonly<
    Record<
      string,
      { readonly version?: string; readonly dev?: boolean; readonly link?: boolean; readonly optional?: boolean }
    >
  >;
}
const lockIn = (file: string): Lock => JSON.parse(readFileSync(file, 'utf8')) as Lock;

/** Whether this checkout has every package that the services of the version need, in its version. */
function hasItsPackages(root: string): boolean {
  const here = lockIn(path.join(MODULES, '.package-lock.json')).packages ?? {};
  return Object.entries(lockIn(path.join(root, 'package-lock.json')).packages ?? {})
    .filter(([folder, { dev, link, optional }]) => folder.startsWith('node_modules/') && !dev && !link && !optional)
    .every(([folder, { version }]) => here[folder]?.version === version);
}

/** Its own workspaces, and every other package from this checkout. */
function linkPackages(root: string): void {
  const modules = path.join(root, 'node_modules');
  mkdirSync(path.join(modules, OWN), { recursive: true });
  for (const name of readdirSync(MODULES).filter((entry) => entry !== OWN && !entry.startsWith('.'))) {
    symlinkSync(path.join(MODULES, name), path.join(modules, name));
  }
  for (const parent of ['apps', 'libs']) {
    for (const name of readdirSync(path.join(root, parent))) {
      symlinkSync(path.join(root, parent, name), path.join(modules, OWN, name));
    }
  }
}
