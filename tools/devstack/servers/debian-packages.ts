/** Downloads Debian packages from this machine's own mirror, with a separate apt configuration. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findDebianArchive, readAptSources, type AptSource } from './apt-sources.ts';
import { runCommand } from '../processes/run-command.ts';
import { StackError } from '../terminal/stack-error.ts';

export async function capture(
  command: string,
  args: string[],
  onFailure: string,
  signal: AbortSignal,
): Promise<string> {
  return (await runCommand(command, args, { signal, onFailure })).stdout;
}

export interface DebianPackages {
  /** Release whose archive to use, for example `trixie`; undefined: the release of this machine. */
  readonly release?: string;
  readonly packages: readonly string[];
  /** Which of the packages that apt would install to fetch. */
  readonly isNeeded: (packageName: string) => boolean;
  /** What to do on a machine without Debian's archive. */
  readonly instead: string;
}

/** Downloads packages into `<work>/packages`. Installs nothing and needs no root. */
export async function downloadDebianPackages(
  work: string,
  { release = readHostRelease(), packages, isNeeded, instead }: DebianPackages,
  report: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const configuration = await writeAptConfiguration(work, release, debianArchive(instead), instead, signal);
  const env = { ...process.env, LC_ALL: 'C', APT_CONFIG: configuration };
  const onFailure = `check that "apt-get update" works on this machine (network, proxy, keys in the package debian-archive-keyring), then try again; or ${instead}`;
  const apt = (args: string[], cwd = work) => runCommand('apt-get', args, { cwd, env, signal, onFailure });

  report(`reading the package list of Debian ${release} from this machine's own mirror`);
  await apt(['update', '-q', '-o', 'APT::Update::Error-Mode=any']);
  const { stdout: plan } = await apt(['install', '--simulate', '-q', ...packages]);
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name).filter(isNeeded);
  report(`downloading ${packages.join(', ')} and ${names.length - packages.length} libraries`);
  await apt(['download', '-q', ...names], path.join(work, 'packages'));
}

function debianArchive(instead: string): AptSource {
  const hostRelease = readHostRelease();
  const archive = findDebianArchive(readAptSources(), hostRelease);
  if (!archive) {
    throw new StackError(
      `apt's sources in /etc/apt include no main archive of Debian (looked for the suite "${hostRelease}")`,
      instead,
    );
  }
  return archive;
}

/**
 * Writes a separate apt configuration, with which apt neither needs root nor touches what is installed. It copies how
 * this machine reaches its mirror (proxy, certificates, credentials: everything under Acquire).
 */
async function writeAptConfiguration(
  work: string,
  release: string,
  archive: AptSource,
  instead: string,
  signal: AbortSignal,
): Promise<string> {
  for (const folder of ['lists/partial', 'state', 'cache/archives/partial', 'packages']) {
    mkdirSync(path.join(work, folder), { recursive: true });
  }
  const acquire = (await capture('apt-config', ['dump', 'Acquire'], instead, signal))
    .split('\n')
    // Package descriptions and icons for software centres are 5 MB that no one reads here. Compressed lists, usual in
    // containers, are compressed once and read twice, and these are removed in the end.
    .filter((line) => !/^Acquire::(IndexTargets|GzipIndexes)/.test(line))
    .join('\n');
  const sources = path.join(work, 'archive.sources');
  writeFileSync(path.join(work, 'status'), '');
  writeFileSync(
    sources,
    [
      'Types: deb',
      `URIs: ${archive.uri}`,
      `Suites: ${release}`,
      'Components: main',
      ...(archive.signedBy ? [`Signed-By: ${archive.signedBy}`] : []),
      '',
    ].join('\n'),
  );
  const configuration = path.join(work, 'apt.conf');
  writeFileSync(
    configuration,
    `${acquire}
Acquire::Languages "none";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "${sources}";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "${path.join(work, 'state')}";
Dir::State::lists "${path.join(work, 'lists')}";
Dir::State::status "${path.join(work, 'status')}";
Dir::Cache "${path.join(work, 'cache')}";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
`,
  );
  return configuration;
}

function readHostRelease(): string {
  try {
    return /^VERSION_CODENAME=(\S+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'stable';
  } catch {
    return 'stable';
  }
}
