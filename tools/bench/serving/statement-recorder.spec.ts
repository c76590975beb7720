import { describe, expect, it } from '@jest/globals';
import { SessionReader } from './statement-recorder.ts';

const message = (type: string, ...parts: (string | Buffer)[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)));
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const int16 = (...numbers: number[]): Buffer => {
  const bytes = Buffer.alloc(2 * numbers.length);
  numbers.forEach((number, nth) => bytes.writeInt16BE(number, 2 * nth));
  return bytes;
};
const value = (bytes: Buffer | null): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes?.length ?? -1);
  return Buffer.concat([length, bytes ?? Buffer.alloc(0)]);
};

const SESSION = Buffer.concat([
  message('', Buffer.from([0, 3, 0, 0]), 'user', 'u', ''),
  message('p', 'secret'),
  message('Q', 'BEGIN; SELECT 1'),
  message('P', '', 'SELECT $1, $2, $3', int16(0)),
  message(
    'B',
    '',
    '',
    int16(3, 0, 0, 1),
    int16(3),
    value(Buffer.from('größer')),
    value(null),
    value(Buffer.from([0, 255])),
    int16(0),
  ),
  message('E', '', Buffer.alloc(4)),
  message('S'),
  message('Q', 'COMMIT'),
]);
const STATEMENTS = [
  { text: 'BEGIN; SELECT 1' },
  { text: 'SELECT $1, $2, $3', values: ['größer', null, Buffer.from([0, 255])] },
  { text: 'COMMIT' },
];

describe('the statements of a session', () => {
  it.each([1, 7, 10_000])('are read from pieces of %d bytes', (size) => {
    const reader = new SessionReader();
    const found = [];
    for (let at = 0; at < SESSION.length; at += size) {
      found.push(...reader.read(SESSION.subarray(at, at + size)));
    }
    expect(found).toEqual(STATEMENTS);
  });
});
