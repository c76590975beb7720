import { describe, expect, it } from '@jest/globals';
import { findDebianArchive, parseDeb822Sources, parseOneLineSources } from './apt-sources.ts';

describe('parseOneLineSources', () => {
  it('reads suite, components and keyring', () => {
    const text =
      'deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] https://mirror.example/debian bookworm main contrib';
    expect(parseOneLineSources(text)).toEqual([
      {
        uri: 'https://mirror.example/debian',
        suites: ['bookworm'],
        components: ['main', 'contrib'],
        signedBy: '/usr/share/keyrings/k.gpg',
      },
    ]);
  });

  it('passes over comments, source packages and what is commented out', () => {
    const text =
      '# a comment\n#deb http://a.example/debian bookworm main\ndeb-src http://a.example/debian bookworm main\n';
    expect(parseOneLineSources(text)).toEqual([]);
  });

  it('does not take a comment at the end of a line for a component', () => {
    const [source] = parseOneLineSources('deb http://a.example/debian bookworm main # the archive');
    expect(source?.components).toEqual(['main']);
  });
});

describe('parseDeb822Sources', () => {
  it('reads every stanza and every address of it', () => {
    const text = [
      'Types: deb deb-src',
      '# a comment between fields',
      'URIs: http://a.example/debian http://b.example/debian',
      'Suites: bookworm bookworm-updates',
      'Components: main',
      'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
      '',
      'types: deb',
      'uris: http://a.example/debian-security',
      'suites: bookworm-security',
      'components: main',
    ].join('\n');
    expect(parseDeb822Sources(text).map(({ uri, suites, signedBy }) => [uri, suites.join(' '), signedBy])).toEqual([
      ['http://a.example/debian', 'bookworm bookworm-updates', '/usr/share/keyrings/debian-archive-keyring.gpg'],
      ['http://b.example/debian', 'bookworm bookworm-updates', '/usr/share/keyrings/debian-archive-keyring.gpg'],
      ['http://a.example/debian-security', 'bookworm-security', undefined],
    ]);
  });

  it('joins fields that go on in the next line', () => {
    const text = 'Types: deb\nURIs:\n http://a.example/debian\nSuites: bookworm\nComponents:\n main\n contrib\n';
    expect(parseDeb822Sources(text)).toEqual([
      { uri: 'http://a.example/debian', suites: ['bookworm'], components: ['main', 'contrib'], signedBy: undefined },
    ]);
  });

  it('leaves out disabled stanzas', () => {
    const text = 'Types: deb\nEnabled: no\nURIs: http://a.example/debian\nSuites: bookworm\nComponents: main\n';
    expect(parseDeb822Sources(text)).toEqual([]);
  });

  it('does not take a key in the field itself for a path', () => {
    const text =
      'Types: deb\nURIs: http://a.example/debian\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc=\n';
    expect(parseDeb822Sources(text)[0]?.signedBy).toBeUndefined();
  });
});

describe('findDebianArchive', () => {
  const source = (uri: string, suites: string[]) => ({ uri, suites, components: ['main'], signedBy: undefined });

  it('takes the main archive, not security updates or a third party', () => {
    const sources = [
      source('http://a.example/debian-security', ['bookworm-security']),
      source('http://third.example/packages', ['nodistro']),
      source('http://a.example/debian', ['bookworm', 'bookworm-updates']),
    ];
    expect(findDebianArchive(sources, 'bookworm')?.uri).toBe('http://a.example/debian');
  });

  it('finds nothing on a machine without one', () => {
    expect(findDebianArchive([source('http://a.example/ubuntu', ['noble'])], 'bookworm')).toBeUndefined();
  });
});
