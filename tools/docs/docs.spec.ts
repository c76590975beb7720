import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  cloudEventIdentity,
  inspectionEventSchema,
  inspectionIdentity,
  lotIdentity,
  partIdentity,
  REFUSAL_CODES,
  telemetrySampleSchema,
  waferIdentity,
} from '@chip/contracts';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';

const read = (file: string): string => readFileSync(path.join(REPOSITORY_ROOT, file), 'utf8');
const pages = [
  ...globSync('*.md', { cwd: REPOSITORY_ROOT }),
  ...globSync('docs/**/*.md', { cwd: REPOSITORY_ROOT }),
].sort();
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const npmCommands = new Set(['ci', 'install', 'start', 'stop', 'test', 'run']);

/** As forges make them of headings. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('documentation', () => {
  it.each(pages)('%s links to files that exist', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g)].map(([, target]) => target!);
    const missing = links.filter((target) => !existsSync(path.join(REPOSITORY_ROOT, path.dirname(page), target)));
    expect(missing).toEqual([]);
  });

  it.each(pages)('%s names files that exist', (page) => {
    const named = [...read(page).matchAll(/`((?:apps|libs|tools|docs|k8s|monitoring)\/[A-Za-z0-9_./-]+)`/g)].map(
      ([, file]) => file!,
    );
    const missing = named.filter((file) => !existsSync(path.join(REPOSITORY_ROOT, file)));
    expect(missing).toEqual([]);
  });

  it.each(pages)('%s links to headings that exist', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)#\s:]*)#([^)\s]+)\)/g)];
    const broken = links.filter(([, target, anchor]) => {
      const file = target === '' ? page : path.join(path.dirname(page), target!);
      return !anchorsOf(read(file)).includes(anchor!);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it.each(pages)('%s names commands that exist', (page) => {
    const named = [...read(page).matchAll(/npm (?:run (?:-s )?([a-z][a-z:-]*)|([a-z]+))/g)];
    const unknown = named
      .map(([, script, command]) => script ?? command!)
      .filter((name) => !(name in scripts) && !npmCommands.has(name));
    expect(unknown).toEqual([]);
  });

  it('CONTRIBUTING answers each "where is …?" with places that exist, on one screen', () => {
    const [, section = ''] = read('CONTRIBUTING.md').split('## Where is …?');
    const rows = [...section.split('\n## ')[0]!.matchAll(/^\| (?!question|---)(.+?) \| (.+) \|$/gm)];
    const places = rows.map(([, question, answer]) => ({
      question,
      found: [...answer!.matchAll(/`([^`]+\/[^`]+)`|\]\(([^)#]+)\)/g)].map(([, file, link]) => file ?? link!),
    }));
    expect(places.length).toBeGreaterThanOrEqual(10);
    expect(places.length).toBeLessThanOrEqual(25);
    expect(places.filter(({ found }) => found.length === 0)).toEqual([]);
    expect(
      places.flatMap(({ found }) => found).filter((file) => !existsSync(path.join(REPOSITORY_ROOT, file))),
    ).toEqual([]);
  });

  it('README shows events that are accepted', () => {
    const events = [...read('README.md').matchAll(/```json\n([\s\S]*?)```/g)].map(
      ([, text]) => JSON.parse(text!) as object,
    );
    expect(events).toHaveLength(2);
    for (const event of events) {
      ('lot_id' in event ? inspectionEventSchema : telemetrySampleSchema).parse(event);
    }
  });

  it('publishing.md lists every refusal code', () => {
    const listed = [...read('docs/publishing.md').matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code);
    expect(listed).toEqual(expect.arrayContaining([...REFUSAL_CODES]));
  });

  it('publishing.md shows identities as they are computed', () => {
    const page = read('docs/publishing.md');
    for (const id of [
      lotIdentity('', 'LOT-1'),
      lotIdentity('fab 2', 'LOT-1'),
      inspectionIdentity('', 'LOT-1', 'C', 'visual'),
      waferIdentity('', 'LOT-1', 'W01'),
      partIdentity('', 'LOT-1', 'C'),
      cloudEventIdentity('/tools/aoi', '17'),
    ]) {
      expect(page).toContain(`\`${id}\``);
    }
  });
});
