/**
 * Reads apt's own list of sources, so that packages come from this machine's usual mirror: this repository contains no
 * mirror's address. Formats: deb822 (`*.sources`) and one line per source (`*.list`), see sources.list(5).
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Path of a keyring, or undefined for apt's trusted keys. */
  readonly signedBy: string | undefined;
}

export function parseOneLineSources(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (!match) {
      return [];
    }
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
    return [{ uri, suites: [suite], components: words(components), signedBy }];
  });
}

export function parseDeb822Sources(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = deb822Fields(stanza);
    if (field('enabled')?.toLowerCase() === 'no' || !words(field('types')).includes('deb')) {
      return [];
    }
    const signedBy = field('signed-by');
    return words(field('uris')).map((uri) => ({
      uri,
      suites: words(field('suites')),
      components: words(field('components')),
      // The field may also hold the key itself; only a path can be passed on.
      signedBy: signedBy?.startsWith('/') ? words(signedBy)[0] : undefined,
    }));
  });
}

function deb822Fields(stanza: string): (name: string) => string | undefined {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of stanza.split('\n').filter((candidate) => !candidate.startsWith('#'))) {
    const match = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line);
    if (match) {
      last = (match[1] ?? '').toLowerCase();
      fields.set(last, match[2] ?? '');
    } else if (/^\s+\S/.test(line)) {
      fields.set(last, `${fields.get(last) ?? ''} ${line.trim()}`);
    }
  }
  return (name) => fields.get(name)?.trim();
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter(Boolean);
}

/**
 * The source of Debian's main archive. The release's own suite must be among the sources (`bookworm`, not only
 * `bookworm-security` or a third party's suite), because only the main archive carries every release.
 */
export function findDebianArchive(sources: readonly AptSource[], release: string): AptSource | undefined {
  return sources.find(
    ({ suites, components }) =>
      components.includes('main') && suites.some((suite) => suite === release || suite === 'stable'),
  );
}

/** All sources that apt on this machine uses. */
export function readAptSources(folder = '/etc/apt'): AptSource[] {
  const parts = path.join(folder, 'sources.list.d');
  const files = [path.join(folder, 'sources.list'), ...listFolder(parts).map((name) => path.join(parts, name))];
  return files.flatMap((file) => {
    if (file.endsWith('.sources')) {
      return parseDeb822Sources(readOrEmpty(file));
    }
    return file.endsWith('.list') ? parseOneLineSources(readOrEmpty(file)) : [];
  });
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
