import { describe, expect, it } from '@jest/globals';
import type { TopicRecord } from '@chip/kafka';
import { letterOf } from '@chip/letters';
import { LetterCounts } from './counts.ts';
import { formatCounts, formatLetter } from './format.ts';

const record = (key: string | null, headers: Record<string, string>, value: Buffer | string = '{}'): TopicRecord => ({
  partition: 1,
  offset: 7,
  timestamp: 0,
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from(value),
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
});
const refused = (offset: number, headers: Record<string, string> = {}, value?: Buffer | string): TopicRecord =>
  record(
    `t/3/${offset}`,
    {
      'error-code': 'schema_violation',
      'error-detail': 'why',
      'source-partition': '3',
      'source-offset': String(offset),
      'failed-at': `2026-01-0${offset}T00:00:00.000Z`,
      stage: 'ingest',
      ...headers,
    },
    value,
  );

describe('counts', () => {
  it('group by code and stage, with the most frequent details and origins', () => {
    const counts = new LetterCounts();
    for (const offset of [1, 2]) {
      counts.add(letterOf(refused(offset, {}, '{"service_name":"etch"}')), 'acknowledged');
    }
    counts.add(letterOf(refused(3, { stage: 'writer', 'replay-of': 'k', 'replay-count': '1' })), 'started');
    counts.addRepeat(letterOf(refused(1)));
    expect(counts.result(true)).toEqual([
      expect.objectContaining({
        stage: 'ingest',
        letters: 2,
        repeats: 1,
        replayed: 2,
        first_failed_at: '2026-01-01T00:00:00.000Z',
        last_failed_at: '2026-01-02T00:00:00.000Z',
        details: [{ text: 'why', letters: 2 }],
        origins: [{ text: 'etch', letters: 2 }],
      }),
      expect.objectContaining({ stage: 'writer', letters: 1, uncertain: 1, failed_again: 1, origins: [] }),
    ]);
    expect(counts.result(false)[0]).toMatchObject({ replayed: null, uncertain: null });
    const text = formatCounts('t.dlq', counts.result(true));
    expect(text).toContain('3 dead letters (and 1 repeats of the same keys, not counted), 1 of them not replayed yet');
    expect(text).toContain('1 uncertain');
    expect(text).toContain('1 replayed before and failed again');
    expect(formatCounts('t.dlq', [])).toBe('t.dlq: no dead letters');
  });
});

describe('on a terminal', () => {
  it('nothing that a machine sent can be a command', () => {
    const evil = refused(
      1,
      { 'error-detail': 'got \u001b[31mred\u0007', evil: '\u001b]0;title', 'error-code': 'a\u001bc' },
      '{"a":"\u202e\u009b31m"}',
    );
    const counts = new LetterCounts();
    counts.add(letterOf(evil));
    for (const text of [formatLetter(letterOf(evil), true), formatCounts('t', counts.result(false))]) {
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
  });

  it('binary values are a hex dump, long values are cut', () => {
    expect(formatLetter(letterOf(refused(1, {}, Buffer.from([0x1b, 0x41, 0xff]))), false)).toContain('1b 41 ff');
    const long = letterOf(refused(1, {}, 'x'.repeat(20_000)));
    expect(formatLetter(long, false)).toContain('--full');
    expect(formatLetter(long, true)).toContain('x'.repeat(20_000));
    expect(formatLetter({ ...long, value: null }, false)).toContain('(null)');
  });
});
