import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { standInFor } from './encoded-produce.ts';

const require = createRequire(import.meta.url);
const { protocol } = require('kafkajs/src/protocol/requests/produce') as {
  protocol(of: { version: number }): (request: object) => { request: object };
};
const createRequest = require('kafkajs/src/protocol/request') as (of: object) => Promise<{ buffer: Buffer }>;

const number = (bytes: number, value: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
};
const text = (content: string): Buffer => Buffer.concat([number(2, content.length), Buffer.from(content)]);

describe('a request with an encoded batch', () => {
  // The second name needs more than the room before the request.
  it.each(['ingest-1', 'i'.repeat(2_000)])('is what the protocol says, for a client named %.10s', async (clientId) => {
    const batch = { head: Buffer.from('head of 61 bytes'), records: Buffer.from('records'.repeat(1_000)) };
    const { request } = protocol({ version: 7 })({
      acks: -1,
      timeout: 9_000,
      topicData: [{ topic: 'accepted', partitions: [{ partition: 3, messages: [standInFor(batch, 3)] }] }],
    });
    const { buffer } = await createRequest({ correlationId: 42, clientId, request });
    const records = Buffer.concat([batch.head, batch.records]);
    const body = Buffer.concat([
      ...[number(2, 0), number(2, 7), number(4, 42), text(clientId)],
      ...[number(2, -1), number(2, -1), number(4, 9_000)],
      ...[number(4, 1), text('accepted'), number(4, 1), number(4, 3), number(4, records.length), records],
    ]);
    expect(buffer).toEqual(Buffer.concat([number(4, body.length), body]));
  });
});
