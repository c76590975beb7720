import { describe, expect, it } from '@jest/globals';
import type { TopicRecord } from '@chip/kafka';
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

  it.each(['0', '1.5', '2147483648', '9007199254740991', 'x'])('takes a count of %s replays for none', (count) => {
    expect(letterOf(refused(4, { 'replay-of': 't/3/1', 'replay-count': count })).replay).toBeUndefined();
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
