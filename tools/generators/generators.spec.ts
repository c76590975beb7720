/**
 * Every generator runs and every recipe is followed in a copy of the workspace; what they make type-checks, lints, is
 * formatted as everything else, passes its tests, and is described by `npm run docs`.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { importsOf } from '../structure/circles.ts';
import { columnOfInspections, FILE_FORMAT } from './recipes.ts';
import { WorkspaceCopy } from './workspace-copy.ts';

describe('generators and recipes', () => {
  let copy: WorkspaceCopy;
  const none: readonly string[] = [];
  const changed = { stream: none, lib: none, route: none, topic: none, service: none, column: none, format: none };
  let pages = none;
  beforeAll(async () => {
    copy = new WorkspaceCopy();
    changed.stream = copy.generate('stream', 'wafer-move');
    changed.column = await copy.follow(columnOfInspections(copy.folder));
    changed.service = await copy.apply('service', 'alarms');
    pages = copy.run('.', 'npm', 'run', 'docs');
    changed.format = await copy.follow(FILE_FORMAT);
    changed.lib = await copy.apply('lib', 'gauges');
    changed.route = await copy.apply('route', 'bins/by-station');
    changed.topic = await copy.apply('route', 'stations/load');
  }, 900_000);
  afterAll(() => copy?.remove());
  const read = (file: string): string => readFileSync(path.join(copy.folder, file), 'utf8');
  /** The sources among `files`, and what imports one of them, itself or from an index: what may no longer fit their types. */
  const withUsers = (files: readonly string[]): readonly string[] => {
    const sources = globSync('{apps,libs,tools}/**/*.{ts,tsx,mjs}', { cwd: copy.folder });
    const imports = importsOf(new Map(sources.map((file) => [file, read(file)])));
    const found = new Set(files.filter((file) => imports.has(file)));
    // A set is walked through with what is added on the way.
    for (const file of found) {
      if (files.includes(file) || path.basename(file) === 'index.ts') {
        [...imports].filter(([, used]) => used.has(file)).forEach(([user]) => found.add(user));
      }
    }
    return [...found];
  };

  it('add a stream in 13 files', () => {
    expect(changed.stream).toHaveLength(13);
    expect(changed.stream).toContain('libs/contracts/src/streams/wafer-move/wafer-move.stream.ts');
  });

  it('add a library with a rule of its own', () => {
    expect(changed.lib).toEqual(['libs/gauges/package.json', 'libs/gauges/src/index.ts', 'tools/lint/arrows.mjs']);
    const rules = read('tools/lint/arrows.mjs');
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
    const module = read('apps/query/src/bins/bins.module.ts');
    expect(module).toContain('controllers: [BinsController, ByStationController]');
    expect(module).toContain('providers: [BinsQuery, ByStationQuery]');
  });

  it('add a column of inspections in 3 files', () => {
    expect(changed.column).toHaveLength(3);
  });

  it('add a file format in 3 files', () => {
    expect(changed.format).toEqual([
      'apps/machines/src/replay.ts',
      'apps/machines/src/replay/trace/source.spec.ts',
      'apps/machines/src/replay/trace/source.ts',
    ]);
    expect(() =>
      copy.run('apps/machines', 'node', '../../tools/jest.mjs', 'unit', '--testPathPatterns', 'replay/trace'),
    ).not.toThrow();
  }, 300_000);

  it('add a service in 11 files', () => {
    expect(changed.service).toEqual([
      'apps/alarms/package.json',
      'apps/alarms/src/alarms.config.ts',
      'apps/alarms/src/alarms.metrics.ts',
      'apps/alarms/src/alarms.module.ts',
      'apps/alarms/src/main.ts',
      'docker-compose.yml',
      'k8s/base/alarms.yaml',
      'k8s/base/kustomization.yaml',
      'monitoring/prometheus.yaml',
      'tools/deploy/passwords.sh',
      'tools/devstack/processes/services.ts',
    ]);
  });

  it('leave the pages and the checks of the deployment to npm run docs', () => {
    expect(pages).toEqual(expect.arrayContaining(['docs/asyncapi.yaml', 'docs/deployment.md', 'docs/metrics.md']));
    expect(read('docs/asyncapi.yaml')).toContain('wafer-move.events.v1');
    expect(read('docs/asyncapi.yaml')).toContain('chuck_id:');
    expect(read('docs/deployment.md')).toMatch(/wafer-move\.events\.v1/);
    expect(read('docs/deployment.md')).toMatch(/`DATABASE_URL` \| alarms/);
    expect(read('docs/metrics.md')).toContain('## alarms');
  });

  it('make what type-checks, lints and is formatted', () => {
    const files = Object.values(changed).flat();
    const sources = withUsers(files);
    expect(sources).toEqual(
      expect.arrayContaining(['apps/operator/src/topics.ts', 'tools/docs/metrics.ts', 'apps/query/test/seed.ts']),
    );
    expect(() => copy.check(sources, files)).not.toThrow();
  }, 900_000);

  it('refuse what is there already, and leave the rest alone', async () => {
    await expect(copy.apply('stream', 'wafer-move')).rejects.toThrow(/wafer-move-event\.ts already exists/);
    expect(() => copy.generate('stream', 'No Name')).toThrow(/pattern/);
    expect((await copy.apply('lib', 'more')).length).toBe(3);
  }, 300_000);
});
