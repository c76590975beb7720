/** Lets kafkajs's connections receive each response in one buffer of its size. */
import net from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
// @ts-expect-error kafkajs has no types for what is inside it
import connection from 'kafkajs/src/network/connection.js';
import { lendMemory } from '../records/lent-memory.ts';

const KEEP_ALIVE_MS = 60_000;
/** What one call of the system reads at most. Each connection has its own: some systems fill it before they say so. */
const READ_BYTES = 128 * 1024;
const LENGTH_BYTES = 4;
/** No broker answers with more. A peer that seems to does not speak Kafka, such as a TLS port that refuses plain text. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;

/**
 * Joins what a connection receives to responses, each with its length before it: an answer to a fetch is copied once, to
 * where it stays.
 */
export class ResponseFrames {
  readonly #deliver: (frame: Buffer) => void;
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  #lengthBytes = 0;
  #frame: Buffer | undefined;
  #filled = 0;
  #isForeign = false;

  /** @param deliver gets each response with its length, as it came; of a peer that does not speak Kafka, whatever came */
  constructor(deliver: (frame: Buffer) => void) {
    this.#deliver = deliver;
  }

  /** @param received used again after this call */
  add(received: Uint8Array): void {
    if (this.#isForeign) {
      this.#deliver(Buffer.from(received));
      return;
    }
    for (let at = 0; at < received.length;) {
      if (this.#frame === undefined) {
        const part = received.subarray(at, at + LENGTH_BYTES - this.#lengthBytes);
        this.#length.set(part, this.#lengthBytes);
        this.#lengthBytes += part.length;
        at += part.length;
        if (this.#lengthBytes < LENGTH_BYTES) {
          return;
        }
        const bytes = this.#length.readInt32BE();
        if (bytes < 0 || bytes > MAX_FRAME_BYTES) {
          this.#isForeign = true;
          this.#deliver(Buffer.concat([this.#length, received.subarray(at)]));
          return;
        }
        this.#frame = lendMemory(Buffer.allocUnsafe(LENGTH_BYTES + bytes));
        this.#frame.set(this.#length);
        this.#filled = LENGTH_BYTES;
      }
      const part = received.subarray(at, at + this.#frame.length - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#frame.length) {
        const frame = this.#frame;
        this.#frame = undefined;
        this.#lengthBytes = 0;
        this.#deliver(frame);
      }
    }
  }
}

/**
 * As kafkajs's own, but a connection without TLS reads into one buffer that it uses again. Node allocates 64 KiB for each
 * read, kafkajs joins them to a response, and V8 marks all live objects once more for each 64 MiB of buffers.
 */
export const frameSockets: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = isOn(ssl)
    ? tlsSocket({ host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect)
    : plainSocket(host, port, onConnect);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
};

const isOn = (ssl: unknown): ssl is ConnectionOptions => Boolean(ssl);

/** Node's TLS is loaded when it is used: that takes as long as a tenth of the start of a command. */
const tlsSocket = (options: ConnectionOptions, onConnect: () => void): TLSSocket =>
  process.getBuiltinModule('node:tls').connect(options, onConnect);

function plainSocket(host: string, port: number, onConnect: () => void): net.Socket {
  const frames = new ResponseFrames((frame) => socket.emit('data', frame));
  const socket: net.Socket = net.connect(
    {
      host,
      port,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (bytes, buffer) => {
          frames.add(buffer.subarray(0, bytes));
          return true;
        },
      },
    },
    onConnect,
  );
  return socket;
}

/** The parts of kafkajs's connection that the change touches. */
interface Connection {
  chunks: Buffer[];
  processData(data: Buffer): void;
}

const { prototype } = connection as { prototype: Connection };
const { processData } = prototype;
/** After each response kafkajs keeps an empty rest, and would join it to the next response: a copy of the whole. */
prototype.processData = function (this: Connection, data) {
  if (this.chunks.length === 1 && this.chunks[0]!.length === 0) {
    this.chunks = [];
  }
  processData.call(this, data);
};
