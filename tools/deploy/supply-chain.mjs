/**
 * What the lock file says about the packages: licences, scripts, hashes, addresses. Run by itself it prints the licences of what is
 * shipped, one package a line: `node tools/deploy/supply-chain.mjs`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '../..');

/**
 * Licences that ask for no more than their text beside the copy. For builds and tests alone: CC-BY-4.0, the data of
 * browser versions, and MPL-2.0, of tools that are used unchanged and leave nothing of theirs in what is shipped.
 */
const SHIPPED = /^(MIT|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0|Python-2\.0)$/;
const FOR_BUILDS = /^(Apache-2\.0 AND MIT|\(MIT OR CC0-1\.0\)|CC-BY-4\.0|MPL-2\.0)$/;

/** In the place of every registry, see .npmrc. */
const ANY_REGISTRY = 'https://registry.invalid/';

/** Every package from a registry, with its name, and whether images hold it. */
export function packagesOf(lock) {
  return Object.entries(lock.packages)
    .filter(([folder, { link }]) => folder.includes('node_modules/') && !link)
    .map(([folder, entry]) => ({
      name: folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: entry.version,
      licence: entry.license ?? 'unknown',
      isShipped: !entry.dev,
      address: entry.resolved ?? 'none',
      hasHash: entry.integrity?.startsWith('sha512-') ?? false,
      hasScript: entry.hasInstallScript === true,
    }));
}

/** What is wrong, in words; empty when all is well. @param allowScripts of package.json */
export function problemsOf(lock, allowScripts, npmrc) {
  const packages = packagesOf(lock);
  const say = (isWrong, text) => packages.filter(isWrong).map((one) => `${one.name} ${one.version} ${text(one)}`);
  const judged = ({ name, version }) => `${name}@${version}` in allowScripts || allowScripts[name] === false;
  return [
    ...(/^ignore-scripts=true$/m.test(npmrc) ? [] : ['.npmrc does not switch off the scripts of packages']),
    ...say(
      (one) => !one.hasHash,
      () => 'is not locked by its SHA-512',
    ),
    ...say(
      ({ address }) => !address.startsWith(ANY_REGISTRY),
      ({ address }) =>
        `has the address ${address} in package-lock.json: write ${ANY_REGISTRY} in the place of its registry`,
    ),
    ...say(
      (one) => one.hasScript && !judged(one),
      () => 'runs a script at installation: judge it in allowScripts',
    ),
    ...say(
      ({ licence, isShipped }) => !SHIPPED.test(licence) && (isShipped || !FOR_BUILDS.test(licence)),
      ({ licence }) => `has the licence ${licence}: read it, then add it to those that are accepted`,
    ),
  ];
}

if (process.argv[1] === import.meta.filename) {
  const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
  for (const { name, version, licence } of packagesOf(lock).filter(({ isShipped }) => isShipped)) {
    console.log(`${name} ${version} ${licence}`);
  }
}
