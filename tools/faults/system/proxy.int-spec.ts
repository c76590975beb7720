import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '@chip/testing';
import { PostgresProxy } from './proxy.ts';

/** Answers every message with "done", and remembers what reached it. */
let server: Server;
let received: string[];
let proxy: PostgresProxy;

beforeEach(async () => {
  received = [];
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received.push(chunk.toString());
      socket.write('done');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await PostgresProxy.listen((server.address() as AddressInfo).port);
});

afterEach(async () => {
  await proxy.close();
  server.close();
});

class Client {
  readonly socket: Socket = connect({ host: '127.0.0.1', port: proxy.port });
  readonly closed = new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
  answers = '';

  constructor() {
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk) => (this.answers += chunk.toString()));
  }

  send(text: string): void {
    this.socket.write(text);
  }
}

const COMMIT = 'SELECT move_position(1); COMMIT';
const soon = (condition: () => boolean): Promise<unknown> => waitFor(condition, Boolean, { intervalMs: 10 });

describe('the proxy', () => {
  it('passes everything on', async () => {
    const client = new Client();
    client.send(COMMIT);
    await soon(() => client.answers === 'done');
    expect(received).toEqual([COMMIT]);
  });

  it('delivers a commit late, when its client has gone', async () => {
    const cut: string[] = [];
    proxy.cutCommits({ at: 'late', times: 1, onCut: (message) => cut.push(message) });
    const client = new Client();
    client.send('COPY');
    await soon(() => client.answers === 'done');
    client.send(COMMIT);
    await soon(() => cut.length === 1);
    client.socket.destroy();
    const other = new Client();
    other.send('SELECT');
    await soon(() => other.answers === 'done');
    expect([cut, received]).toEqual([[COMMIT], ['COPY', 'SELECT']]);
    proxy.resume();
    await soon(() => received.length === 3);
    expect(received[2]).toBe(COMMIT);
  });

  it('cuts before the commit arrives, as often as told', async () => {
    proxy.cutCommits({ at: 'request', times: 1 });
    const client = new Client();
    client.send('COPY');
    await soon(() => client.answers === 'done');
    client.send(COMMIT);
    await client.closed;
    expect(received).toEqual(['COPY']);
    expect(proxy.cutsLeft).toBe(0);
    const next = new Client();
    next.send(COMMIT);
    await soon(() => next.answers === 'done');
  });

  it('cuts after the server has answered the commit, before the client hears of it', async () => {
    let cuts = 0;
    proxy.cutCommits({ at: 'reply', times: 1, onCut: () => (cuts += 1) });
    const client = new Client();
    client.send(COMMIT);
    await client.closed;
    expect({ received, answers: client.answers, cuts }).toEqual({ received: [COMMIT], answers: '', cuts: 1 });
  });

  it('stalls existing connections without a word, and lets new ones through', async () => {
    const old = new Client();
    old.send('a');
    await soon(() => old.answers === 'done');
    proxy.stall('existing');
    old.send('b');
    const fresh = new Client();
    fresh.send('c');
    await soon(() => fresh.answers === 'done');
    expect(received).toEqual(['a', 'c']);
    expect(old.socket.destroyed).toBe(false);
    proxy.resume();
    await soon(() => old.answers === 'donedone');
  });

  it('leads new connections to another server after a switch', async () => {
    const other = createServer((socket) => void socket.on('error', () => undefined).end('other'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    proxy.targetPort = (other.address() as AddressInfo).port;
    const client = new Client();
    await soon(() => client.answers === 'other');
    other.close();
  });
});
