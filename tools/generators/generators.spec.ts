/** Every generator runs in a copy of the workspace; what it makes type-checks, lints and is formatted as all the rest. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WorkspaceCopy } from './workspace-copy.ts';

/** What `npm run docs` writes again when a stream is added. */
const GENERATED_PAGES = ['docs/asyncapi.yaml', 'docs/deployment.md'];

describe('generators', () => {
  let copy: WorkspaceCopy;
  const changed = { stream: [] as string[], lib: [] as string[], route: [] as string[], topic: [] as string[] };
  beforeAll(() => {
    copy = new WorkspaceCopy();
    changed.stream = copy.generate('stream', 'wafer-move');
    changed.lib = copy.generate('lib', 'gauges');
    changed.route = copy.generate('route', 'bins/by-station');
    changed.topic = copy.generate('route', 'stations/load');
  }, 300_000);
  afterAll(() => copy?.remove());

  it('add a stream in at most 15 files, its generated pages included', () => {
    expect(changed.stream).toHaveLength(13);
    expect(changed.stream).toContain('libs/contracts/src/streams/wafer-move/wafer-move.stream.ts');
    expect(changed.stream.length + GENERATED_PAGES.length).toBeLessThanOrEqual(15);
  });

  it('add a library with a rule of its own', () => {
    expect(changed.lib).toEqual([
      'eslint.config.mjs',
      'libs/gauges/package.json',
      'libs/gauges/src/index.ts',
      'libs/gauges/tsconfig.json',
    ]);
    const rules = readFileSync(path.join(copy.folder, 'eslint.config.mjs'), 'utf8');
    expect(rules.match(/'type:gauges'/g)).toHaveLength(2);
  });

  it('add a route to a topic in 4 files, and a topic in one more', () => {
    expect(changed.route).toEqual([
      'apps/query/src/bins/bins.module.ts',
      'apps/query/src/bins/by-station.controller.ts',
      'apps/query/src/bins/by-station.query.ts',
      'apps/query/test/by-station.int-spec.ts',
    ]);
    expect(changed.topic).toHaveLength(5);
    const module = readFileSync(path.join(copy.folder, 'apps/query/src/bins/bins.module.ts'), 'utf8');
    expect(module).toContain('controllers: [BinsController, ByStationController]');
    expect(module).toContain('providers: [BinsQuery, ByStationQuery]');
  });

  it('make what type-checks, lints and is formatted', () => {
    expect(() => copy.check(Object.values(changed).flat())).not.toThrow();
  }, 900_000);

  it('refuse what is there already, and leave the rest alone', () => {
    expect(() => copy.generate('stream', 'wafer-move')).toThrow(/wafer-move-event\.ts exists already/);
    expect(() => copy.generate('stream', 'No Name')).toThrow(/pattern/);
    expect(copy.generate('lib', 'more').length).toBe(4);
  }, 300_000);
});
