import { describe, expect, it } from '@jest/globals';
import { DROPPED_FIELDS, ExtraFields, MAX_EXTRA_BYTES, MAX_EXTRA_FIELDS } from './extra-fields.ts';

describe('extra fields', () => {
  it('are undefined when there are none', () => expect(new ExtraFields(false).value()).toBeUndefined());

  it('keep what fits, and count what does not', () => {
    const extra = new ExtraFields(false);
    for (let i = 0; i < 90_000; i++) {
      extra.add(`field${i}`, i);
    }
    const kept = extra.value()!;
    expect(extra.count).toBe(90_000);
    expect(Object.keys(kept)).toHaveLength(MAX_EXTRA_FIELDS + 1);
    expect(kept[DROPPED_FIELDS]).toBe(90_000 - MAX_EXTRA_FIELDS);
  });

  it('drop a large one and keep the small ones after it', () => {
    const extra = new ExtraFields(false);
    extra.add('large', 'x'.repeat(MAX_EXTRA_BYTES));
    extra.add('__proto__', 1);
    expect(JSON.stringify(extra.value())).toBe('{"__proto__":1,"_dropped":1}');
  });

  it('keep a field called _dropped although they say under that name how many were dropped', () => {
    const extra = new ExtraFields(false);
    extra.add(DROPPED_FIELDS, 'mine');
    expect({ ...extra.value() }).toEqual({ _dropped: 'mine' });
    extra.add('large', 'x'.repeat(MAX_EXTRA_BYTES));
    expect({ ...extra.value() }).toEqual({ _dropped: 1, '/_dropped': 'mine' });
    expect({ ...extra.value() }).toEqual({ _dropped: 1, '/_dropped': 'mine' });
  });

  it('of a replayed event are what they were when it was read before', () => {
    const first = new ExtraFields(false);
    first.add(DROPPED_FIELDS, 'mine');
    for (let i = 0; i < 300; i++) {
      first.add(`field${i}`, i);
    }
    const again = new ExtraFields(true);
    for (const [name, value] of Object.entries(first.value()!).sort()) {
      again.add(name, value);
    }
    expect(again.value()).toEqual(first.value());
  });

  it.each([[0], [-1], [1.5], ['7'], [null]])('of a replayed event may have %j as a field called _dropped', (value) => {
    const extra = new ExtraFields(true);
    extra.add(DROPPED_FIELDS, value);
    expect({ ...extra.value() }).toEqual({ _dropped: value });
  });
});
