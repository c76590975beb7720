import { describe, expect, it } from '@jest/globals';
import { readEvents, type ServerEvent } from './event-stream.ts';

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    yield new TextEncoder().encode(text);
  }
}

async function eventsOf(...texts: string[]): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of readEvents(chunks(...texts))) {
    events.push(event);
  }
  return events;
}

describe('the stream of events', () => {
  it('gives events in order, wherever the network cuts them', async () => {
    const text = 'event: moved\ndata: {"a":1}\n\n: still here\n\ndata: x\ndata: y\n\n';
    const whole = [
      { event: 'moved', data: '{"a":1}' },
      { event: 'message', data: 'x\ny' },
    ];
    expect(await eventsOf(text)).toEqual(whole);
    expect(await eventsOf(...text)).toEqual(whole);
  });

  it('reads CRLF, and drops an event that the end cuts off', async () => {
    expect(await eventsOf('event: moved\r\ndata: 1\r\n\r\nevent: moved\r\ndata: 2')).toEqual([
      { event: 'moved', data: '1' },
    ]);
  });

  it('refuses an event without an end', async () => {
    await expect(eventsOf(`data: ${'x'.repeat(1_000_001)}`)).rejects.toThrow('too long');
  });
});
