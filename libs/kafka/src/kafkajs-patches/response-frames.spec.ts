import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ResponseFrames } from './response-frames.ts';

const framed = (body: Uint8Array): Buffer => {
  const frame = Buffer.alloc(4 + body.length);
  frame.writeInt32BE(body.length);
  frame.set(body, 4);
  return frame;
};

/** Gives `bytes` to a connection in pieces of these sizes, always in the same buffer. */
function deliver(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const delivered: Buffer[] = [];
  const frames = new ResponseFrames((frame) => delivered.push(frame));
  const room = Buffer.alloc(Math.max(1, ...sizes));
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    const read = bytes.copy(room, 0, at, at + size);
    frames.add(room.subarray(0, read));
    room.fill(0xaa);
    at += read;
  }
  return delivered;
}

const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 });

describe('ResponseFrames', () => {
  it('delivers each response by itself, however it arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), sizes, (bodies, pieces) => {
        const responses = bodies.map(framed);
        expect(deliver(Buffer.concat(responses), pieces)).toEqual(responses);
      }),
    );
  });

  it('keeps back what is not complete', () => {
    expect(deliver(framed(Buffer.from('answer')).subarray(0, 9), [100])).toEqual([]);
  });

  it.each([
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request')],
    ['an alert of TLS', Buffer.from('15030300020228', 'hex')],
    ['a negative length', Buffer.from('ffffffff0000', 'hex')],
  ])('passes on what came from a peer that speaks %s, and takes no memory for it', (_, bytes) => {
    expect(Buffer.concat(deliver(Buffer.concat([framed(Buffer.from('a')), bytes]), [7, 2]))).toEqual(
      Buffer.concat([framed(Buffer.from('a')), bytes]),
    );
  });
});
