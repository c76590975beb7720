/** A proxy in front of PostgreSQL that records what a client sends, to send it again by a bare client. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A statement with its parameters as text, or several without parameters in one text. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly (string | Buffer | null)[];
}

/** A statement, and which of the sessions sent it. */
export interface Recorded extends Statement {
  readonly session: number;
}

/** Reads the fields of one message, in order. */
class Fields {
  #at = 0;
  readonly #bytes: Buffer;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  text(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  int16(): number {
    this.#at += 2;
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  value(isBinary: boolean): string | Buffer | null {
    const length = this.#bytes.readInt32BE(this.#at);
    this.#at += 4;
    if (length < 0) {
      return null;
    }
    const bytes = Buffer.from(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return isBinary ? bytes : bytes.toString();
  }
}

/** Statements in the messages of one session (PostgreSQL's protocol 3), from its first byte on. */
export class SessionReader {
  #rest = Buffer.alloc(0);
  #isStarted = false;
  #parsed = '';

  read(bytes: Buffer): Statement[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const statements: Statement[] = [];
    for (;;) {
      // The first message has no type.
      const head = this.#isStarted ? 1 : 0;
      if (this.#rest.length < head + 4) {
        return statements;
      }
      const length = head + this.#rest.readInt32BE(head);
      if (this.#rest.length < length) {
        return statements;
      }
      const type = this.#isStarted ? String.fromCharCode(this.#rest[0] as number) : '';
      const statement = this.#message(type, new Fields(this.#rest.subarray(head + 4, length)));
      if (statement !== undefined) {
        statements.push(statement);
      }
      this.#isStarted = true;
      this.#rest = this.#rest.subarray(length);
    }
  }

  #message(type: string, fields: Fields): Statement | undefined {
    switch (type) {
      case 'Q':
        return { text: fields.text() };
      case 'P':
        fields.text();
        this.#parsed = fields.text();
        return undefined;
      case 'B': {
        fields.text();
        fields.text();
        const formats = Array.from({ length: fields.int16() }, () => fields.int16());
        const values = Array.from({ length: fields.int16() }, (_, nth) =>
          fields.value((formats.length === 1 ? formats[0] : formats[nth]) === 1),
        );
        return { text: this.#parsed, values };
      }
      default:
        return undefined;
    }
  }
}

export class StatementRecorder {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #statements: Recorded[] = [];
  #sessions = 0;

  private constructor(target: { host: string; port: number }) {
    this.#server = createServer((client) => {
      const server = connect(target);
      const reader = new SessionReader();
      const session = this.#sessions++;
      client.on('data', (bytes: Buffer) =>
        this.#statements.push(...reader.read(bytes).map((statement) => ({ ...statement, session }))),
      );
      client.pipe(server).pipe(client);
      for (const [one, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(one);
        // Each side ends when the other does.
        one.on('error', () => other.destroy()).on('close', () => this.#sockets.delete(one));
      }
    });
  }

  static async before(databaseUrl: string): Promise<StatementRecorder> {
    const { hostname: host, port } = new URL(databaseUrl);
    const recorder = new StatementRecorder({ host, port: Number(port) });
    recorder.#server.listen(0, '127.0.0.1');
    await once(recorder.#server, 'listening');
    return recorder;
  }

  /** The same URL, through the recorder. */
  through(databaseUrl: string): string {
    const url = new URL(databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** What came since the last call, in order. */
  take(): Recorded[] {
    const taken = this.#statements;
    this.#statements = [];
    return taken;
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await once(this.#server, 'close');
  }
}
