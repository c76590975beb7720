/** Users of a broker with SCRAM, by the one request for it: kafkajs has none, and Kafka's command starts a Java of its own. */
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

const ALTER_USER_SCRAM_CREDENTIALS = 51;
const SCRAM_SHA_512 = 2;
const ITERATIONS = 4_096;

const int8 = (value: number): Buffer => Buffer.from([value]);
function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
/** Its length and one, then the bytes. One byte is enough for the length of names and hashes. */
const compact = (bytes: Buffer): Buffer => Buffer.concat([int8(bytes.length + 1), bytes]);
const NO_TAGS = int8(0);

/**
 * Creates a user for SCRAM-SHA-512, or gives it another password.
 *
 * @param broker `host:port` where anyone may do this
 * @throws when the broker refuses
 */
export async function setScramUser(broker: string, name: string, password: string): Promise<void> {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 64, 'sha512');
  const header = [int16(ALTER_USER_SCRAM_CREDENTIALS), int16(0), int32(1), int16(-1), NO_TAGS];
  const [noDeletions, oneUser] = [int8(1), int8(2)];
  const user = [compact(Buffer.from(name)), int8(SCRAM_SHA_512), int32(ITERATIONS), compact(salt), compact(salted)];
  const request = Buffer.concat([...header, noDeletions, oneUser, ...user, NO_TAGS, NO_TAGS]);
  const { hostname, port } = new URL(`kafka://${broker}`);
  const socket = connect(Number(port), hostname);
  try {
    socket.write(Buffer.concat([int32(request.length), request]));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    // Behind length, correlation, tags, throttling, the number of results and the user's name.
    const error = answer.readInt16BE(4 + 4 + 1 + 4 + 1 + 1 + Buffer.byteLength(name));
    if (error !== 0) {
      throw new Error(`the broker refuses the user ${name}: error ${error}`);
    }
  } finally {
    socket.destroy();
  }
}
