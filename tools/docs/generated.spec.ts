/** Pages generated from code or from other pages: `npm run docs` writes them (UPDATE_DOCS=1), this test compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { asyncapi } from './asyncapi.ts';
import { decisionIndex } from './decisions.ts';
import { metricsPage } from './metrics.ts';
import { runbookIndex } from './runbooks.ts';

const folder = (name: string): string => path.join(REPOSITORY_ROOT, 'docs', name);

it.each<[file: string, make: () => string | Promise<string>]>([
  ['asyncapi.yaml', asyncapi],
  ['adr/README.md', () => decisionIndex(folder('adr'))],
  ['runbooks/README.md', () => runbookIndex(folder('runbooks'))],
  ['metrics.md', metricsPage],
])(
  'docs/%s is what it is made from says (npm run docs writes it)',
  async (file, make) => {
    const text = await make();
    if (process.env['UPDATE_DOCS']) {
      writeFileSync(folder(file), text);
    }
    expect(readFileSync(folder(file), 'utf8')).toBe(text);
  },
  30_000,
);
