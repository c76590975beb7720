/** Reads server-sent events from a fetch, because EventSource cannot send a key. */

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Most characters of one event; a longer one is not from our service. */
const MAX_EVENT = 1_000_000;

/** Yields each event as the HTML standard delimits them; ignores comments and fields that are not needed. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_EVENT) {
      throw new Error('an event is too long');
    }
    const events = text.split(/\r?\n\r?\n/);
    text = events.pop() ?? '';
    for (const lines of events) {
      const event = parse(lines);
      if (event) {
        yield event;
      }
    }
  }
}

function parse(lines: string): ServerEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of lines.split(/\r?\n/)) {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === 'event') {
      event = value;
    } else if (field === 'data') {
      data.push(value);
    }
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') };
}
