/**
 * Renders overlays with kustomize: Debian's, unpacked into the cache as the servers of the local stack are, or the one of
 * this machine (`kustomize`, or the one inside `kubectl`) where there is no Debian.
 */
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { cacheFolder, REPOSITORY_ROOT } from '../../devstack/layout.ts';
import { runCommand } from '../../devstack/processes/run-command.ts';
import { cachedFolder } from '../../devstack/servers/cached-folder.ts';
import { downloadDebianPackages } from '../../devstack/servers/debian-packages.ts';
import type { KubernetesObject } from './objects.ts';

const RELEASE = 'trixie';
const NAME = 'kustomize';
const INSTEAD = 'install kustomize or kubectl';

/** A command that takes a folder and prints what it renders. */
export type Kustomize = readonly [program: string, ...args: string[]];

/** The command that renders, or why there is none. */
export async function findKustomize(signal: AbortSignal): Promise<Kustomize | { readonly missing: string }> {
  let reason: string;
  try {
    return [await debianKustomize(signal), 'build'];
  } catch (error) {
    reason = (error as Error).message;
  }
  for (const command of [
    [NAME, 'build'],
    ['kubectl', 'kustomize'],
  ] as const) {
    const works = await runCommand(command[0], [command[0] === NAME ? 'version' : '--help'], {
      signal,
      onFailure: INSTEAD,
    }).then(
      () => true,
      () => false,
    );
    if (works) {
      return command;
    }
  }
  return { missing: `neither kustomize nor kubectl is installed, and Debian's cannot be had: ${reason}` };
}

async function debianKustomize(signal: AbortSignal): Promise<string> {
  const folder = await cachedFolder(cacheFolder(), `${NAME}-${RELEASE}`, async (root) => {
    const work = path.join(root, 'download');
    mkdirSync(work);
    const isNeeded = (name: string): boolean => name === NAME;
    await downloadDebianPackages(
      work,
      { release: RELEASE, packages: [NAME], isNeeded, instead: INSTEAD },
      () => {},
      signal,
    );
    const [file] = readdirSync(path.join(work, 'packages')).filter((name) => name.endsWith('.deb'));
    const onFailure = 'check the free space on this disk, then try again';
    await runCommand('dpkg-deb', ['--extract', path.join(work, 'packages', file ?? ''), work], { signal, onFailure });
    renameSync(path.join(work, 'usr/bin', NAME), path.join(root, NAME));
    chmodSync(path.join(root, NAME), 0o755);
    rmSync(work, { recursive: true });
    await runCommand(path.join(root, NAME), ['version'], { signal, onFailure: INSTEAD });
  });
  return path.join(folder, NAME);
}

/** Folders under k8s/overlays, by name. */
export const overlayNames = (): string[] => readdirSync(path.join(REPOSITORY_ROOT, 'k8s/overlays')).sort();

export const render = (kustomize: Kustomize, overlay: string, signal: AbortSignal): Promise<KubernetesObject[]> =>
  renderFolder(kustomize, path.join(REPOSITORY_ROOT, 'k8s/overlays', overlay), signal);

/** Most objects are the same in several overlays, and reading YAML takes longer than rendering it. */
const read = new Map<string, KubernetesObject>();
function objectOf(text: string): KubernetesObject {
  const object = read.get(text) ?? (parse(text) as KubernetesObject);
  read.set(text, object);
  return object;
}

export async function renderFolder(
  kustomize: Kustomize,
  folder: string,
  signal: AbortSignal,
): Promise<KubernetesObject[]> {
  const [program, ...args] = kustomize;
  const onFailure = `see what "${kustomize.join(' ')} ${folder}" says`;
  // It ends before its memory is worth collecting.
  const env = { ...process.env, GOGC: 'off' };
  const { stdout } = await runCommand(program, [...args, folder], { env, signal, onFailure });
  return stdout.split(/^---$/m).map((text) => structuredClone(objectOf(text)));
}
