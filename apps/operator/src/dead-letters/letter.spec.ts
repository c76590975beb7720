import { describe, expect, it } from '@jest/globals';
import type { TopicRecord } from '@chip/kafka';
import { LetterCounts } from './counts.ts';
import { formatCounts, formatLetter } from './format.ts';
import { type Letter, letterOf, type LetterFilter, lettersOf } from './letter.ts';

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
async function collect(
  records: TopicRecord[],
  filter: LetterFilter = {},
): Promise<{ letter: Letter; isRepeat: boolean }[]> {
  async function* stream(): AsyncGenerator<TopicRecord> {
    yield* records;
  }
  const found: { letter: Letter; isRepeat: boolean }[] = [];
  for await (const one of lettersOf(stream(), filter)) {
    found.push(one);
  }
  return found;
}

describe('letters', () => {
  it('tells the headers of the machine from those of the letter', () => {
    const letter = letterOf(
      refused(4, { ce_id: 'x', 'source-key': 'host', 'replay-of': 't/3/1', 'replay-count': '2' }),
    );
    expect(letter).toMatchObject({
      key: 't/3/4',
      sourcePartition: 3,
      sourceOffset: 4,
      replay: { of: 't/3/1', count: 2 },
    });
    expect(Object.keys(letter.headers)).toEqual(['ce_id']);
    expect(letter.sourceKey?.toString()).toBe('host');
  });

  it('takes a stranger for what it is', () => {
    expect(letterOf(record(null, {})).code).toBe('');
    expect(letterOf(record('k', {}))).toMatchObject({ code: '', sourceOffset: NaN });
  });

  it.each<[LetterFilter, number[]]>([
    [{}, [1, 2, 3]],
    [{ codes: ['schema_violation'] }, [1, 2]],
    [{ stages: ['writer'] }, [3]],
    [{ fromMs: Date.parse('2026-01-02'), toMs: Date.parse('2026-01-03') }, [2]],
    [{ offsets: { from: 2, to: 3 } }, [2, 3]],
    [{ offsets: { from: 2, to: 3 }, keys: ['t/3/1', 't/3/3'] }, [3]],
    [{ partitions: [3] }, [1, 2, 3]],
    [{ partitions: [1] }, []],
  ])('%j leaves the offsets %j', async (filter, offsets) => {
    const records = [refused(1), refused(2), refused(3, { 'error-code': 'too_old', stage: 'writer' })];
    expect((await collect(records, filter)).map(({ letter }) => letter.sourceOffset)).toEqual(offsets);
  });

  it('marks what a crash wrote again, but no strangers', async () => {
    const found = await collect([refused(1), refused(2), refused(1), record(null, {}), record(null, {})]);
    expect(found.map(({ isRepeat }) => isRepeat)).toEqual([false, false, true, false, false]);
  });
});

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
