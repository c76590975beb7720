/**
 * The browser of the tests: Debian's headless Chromium with its libraries and one font, unpacked into the cache. Nothing is
 * installed and no root is needed; CHROMIUM_PATH names another one, for a machine without Debian's archive.
 */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { cacheFolder } from '../devstack/layout.ts';
import { runCommand } from '../devstack/processes/run-command.ts';
import { cachedFolder } from '../devstack/servers/cached-folder.ts';
import { capture, downloadDebianPackages } from '../devstack/servers/debian-packages.ts';

const PACKAGES = ['chromium-headless-shell', 'fonts-liberation'];
const PROGRAM = 'usr/lib/chromium/chromium-headless-shell';
const INSTEAD = 'set CHROMIUM_PATH to a Chromium or Chrome of version 120 or newer';
/** Raise it when the folder's layout changes, so that an old cache is not used. */
const LAYOUT_VERSION = 1;

/**
 * Only what runs: the C library and its loader are those of this machine, which has the same release, and what Mesa's
 * drivers need is not loaded without a screen.
 */
const isNeeded = (name: string): boolean =>
  /^(chromium-headless-shell|chromium-common|fonts-liberation2?|lib.+)$/.test(name) &&
  !/^(libc6|libc-bin|libcrypt1|libgl1-mesa-dri|libgtk.*|libicu.*|libllvm.*|libperl.*|libxml2.*|libz3.*)$/.test(name);

async function provideChromium(signal: AbortSignal): Promise<string> {
  const architecture = (await capture('dpkg', ['--print-architecture'], INSTEAD, signal)).trim();
  return cachedFolder(cacheFolder(), `chromium-${architecture}-${LAYOUT_VERSION}`, async (root) => {
    const work = path.join(root, 'download');
    await downloadDebianPackages(work, { packages: PACKAGES, isNeeded, instead: INSTEAD }, () => {}, signal);
    const packages = path.join(work, 'packages');
    for (const file of readdirSync(packages)) {
      await runCommand('dpkg-deb', ['--extract', path.join(packages, file), root], { signal, onFailure: INSTEAD });
    }
    rmSync(work, { recursive: true });
  });
}

/** Folders with shared libraries, most specific first; Debian keeps those of one architecture in one folder. */
function libraryFolders(root: string): string[] {
  return ['usr/lib', 'lib']
    .flatMap((folder) => {
      const parent = path.join(root, folder);
      return existsSync(parent)
        ? readdirSync(parent, { withFileTypes: true })
            .filter((entry) => entry.isDirectory() && entry.name.endsWith('-linux-gnu'))
            .flatMap(({ name }) => [path.join(parent, name), path.join(parent, name, 'pulseaudio')])
        : [];
    })
    .filter((folder) => existsSync(folder));
}

/** One font for every family, so that a page looks the same on every machine. */
function writeFontConfiguration(root: string): string {
  const file = path.join(root, 'fonts.conf');
  writeFileSync(
    file,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${path.join(root, 'usr/share/fonts')}</dir>
  <cachedir>${path.join(root, 'font-cache')}</cachedir>
  <match target="pattern">
    <test name="family"><string>monospace</string></test>
    <edit name="family" mode="assign" binding="strong"><string>Liberation Mono</string></edit>
  </match>
  <match target="pattern">
    <test name="family" compare="not_eq"><string>Liberation Mono</string></test>
    <edit name="family" mode="append" binding="weak"><string>Liberation Sans</string></edit>
  </match>
</fontconfig>
`,
  );
  return file;
}

/**
 * Starts the browser. It reaches no host but this machine: every other name fails to resolve.
 *
 * @param isMeasured draws as fast as that of a person who stays on a page
 */
export async function launchChromium({ isMeasured = false } = {}): Promise<Browser> {
  const args = [
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    '--disable-gpu',
    '--force-color-profile=srgb',
    // Pages live for seconds: helpers of the garbage collector cost more than the pauses that they shorten, and optimized
    // code more than it saves.
    `--js-flags=--single-threaded-gc${isMeasured ? '' : ',--no-maglev,--no-turbofan'}`,
  ];
  const given = process.env['CHROMIUM_PATH'];
  if (given) {
    return chromium.launch({ executablePath: given, args });
  }
  const root = await provideChromium(AbortSignal.timeout(600_000));
  return chromium.launch({
    executablePath: path.join(root, PROGRAM),
    args,
    env: {
      ...(process.env as Record<string, string>),
      LD_LIBRARY_PATH: libraryFolders(root).join(':'),
      FONTCONFIG_FILE: writeFontConfiguration(root),
    },
  });
}
