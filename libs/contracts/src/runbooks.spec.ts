import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { INGEST_STOPPED_STATES, STOPPED_STATES } from './partition-states.ts';
import { REFUSAL_CODES } from './refusals.ts';

const page = (name: string): URL => new URL(`../../../docs/runbooks/${name}.md`, import.meta.url);

describe.each([...new Set<string>([...REFUSAL_CODES, ...STOPPED_STATES, ...INGEST_STOPPED_STATES])])('%s', (name) => {
  it('has a runbook with its four parts, each with something in it', () => {
    expect(existsSync(page(name))).toBe(true);
    const text = readFileSync(page(name), 'utf8');
    const sections = text.split(/^(#+ .*)$/m).map((part) => part.trim());
    const headings = sections.filter((_, index) => index % 2 === 1);
    expect(headings).toEqual([`# ${name}`, '## Meaning', '## Impact', '## Diagnosis', '## Mitigation']);
    for (const heading of headings.slice(1)) {
      expect(sections[sections.indexOf(heading) + 1]!.length).toBeGreaterThan(20);
    }
  });
});

describe.each(STOPPED_STATES.filter((state) => state !== 'waiting_for_database'))('%s', (state) => {
  it('has a way out by command', () => {
    expect(readFileSync(page(state), 'utf8')).toMatch(/npm run positions -- (init|accept-|resume|rewind-ingest)/);
  });
});
