/** A TCP proxy in front of PostgreSQL that misbehaves on command, even at the very message that commits a flush. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOOPBACK } from '../../devstack/processes/ports.ts';

/** Part of the message with which the writer moves a position and commits. */
const COMMIT_MARK = 'move_position(';
const THROTTLED_PIECE_BYTES = 4 * 1024;

export interface Throttle {
  readonly bytesPerSecond: number;
  readonly delayMs: number;
}

/** What to do with the next commit messages. */
export interface CommitCut {
  /**
   * `request`: the server never sees it. `reply`: the server commits, but the client never learns of it. `late`: the server
   * sees it after the next {@link PostgresProxy.resume}, even if the client has gone.
   */
  readonly at: 'request' | 'reply' | 'late';
  readonly times: number;
  /** Called with the message at the moment of the cut, before the client can notice. */
  readonly onCut?: (message: string) => void;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** Nothing passes in either direction, and the end of the connection is not reported. */
  isStalled: boolean;
  cutsAtReply: CommitCut | undefined;
  /** Of the message that was held back: resolves when it has been passed on. */
  late: PromiseWithResolvers<void> | undefined;
}

export class PostgresProxy {
  /** Where new connections lead to. */
  targetPort: number;
  throttle: Throttle | undefined;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #stallsNewLinks = false;
  #commitCut: CommitCut | undefined;
  #cutsLeft = 0;

  private constructor(targetPort: number) {
    this.targetPort = targetPort;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async listen(targetPort: number, port = 0): Promise<PostgresProxy> {
    const proxy = new PostgresProxy(targetPort);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(port, LOOPBACK, resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Remaining cuts of the last order. */
  get cutsLeft(): number {
    return this.#cutsLeft;
  }

  cutCommits(cut: CommitCut): void {
    this.#commitCut = cut;
    this.#cutsLeft = cut.times;
  }

  stopCutting(): void {
    this.#commitCut = undefined;
    this.#cutsLeft = 0;
  }

  /** `existing`: as after a router forgot its connections; new ones work. */
  stall(which: 'existing' | 'all'): void {
    this.#stallsNewLinks = which === 'all';
    this.#links.forEach((link) => (link.isStalled = true));
  }

  /** Passes on what was held back. */
  resume(): void {
    this.#stallsNewLinks = false;
    this.#links.forEach((link) => (link.isStalled = false));
  }

  cutAll(): void {
    this.#links.forEach((link) => this.#cut(link));
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cutAll();
    await closed;
  }

  #accept(client: Socket): void {
    const server = connect({ host: LOOPBACK, port: this.targetPort });
    const link: Link = { client, server, isStalled: this.#stallsNewLinks, cutsAtReply: undefined, late: undefined };
    this.#links.add(link);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.#cut(link));
      socket.on('close', () => void this.#closeWhenFlowing(link));
    }
    this.#pump(client, server, link, (chunk) => this.#onRequest(chunk, link));
    this.#pump(server, client, link, () => this.#onReply(link));
  }

  /** @param inspect whether the bytes may pass; false after it has cut the link */
  #pump(from: Socket, to: Socket, link: Link, inspect: (chunk: Buffer) => boolean): void {
    from.on('data', (chunk: Buffer) => {
      // One chunk at a time: TCP holds up faster senders, like a slow network.
      from.pause();
      void this.#forward(chunk, to, link, inspect).then(() => from.resume());
    });
  }

  async #forward(chunk: Buffer, to: Socket, link: Link, inspect: (chunk: Buffer) => boolean): Promise<void> {
    if (this.throttle !== undefined) {
      await sleep(this.throttle.delayMs);
    }
    await this.#flowing(link);
    if (!inspect(chunk)) {
      return;
    }
    for (let at = 0; at < chunk.length && !to.destroyed;) {
      await this.#flowing(link);
      const { throttle } = this;
      const piece = throttle === undefined ? chunk.subarray(at) : chunk.subarray(at, at + THROTTLED_PIECE_BYTES);
      at += piece.length;
      if (!to.write(piece)) {
        await new Promise<void>((resolve) => to.once('drain', resolve).once('close', resolve));
      }
      if (throttle !== undefined) {
        await sleep((piece.length * 1000) / throttle.bytesPerSecond);
      }
    }
    link.late?.resolve();
  }

  async #flowing(link: Link): Promise<void> {
    while (link.isStalled && this.#links.has(link)) {
      await sleep(20);
    }
  }

  #onRequest(chunk: Buffer, link: Link): boolean {
    const cut = this.#commitCut;
    if (cut === undefined || this.#cutsLeft === 0 || !chunk.includes(COMMIT_MARK)) {
      return true;
    }
    this.#cutsLeft -= 1;
    if (cut.at === 'reply') {
      link.cutsAtReply = cut;
      return true;
    }
    if (cut.at === 'late') {
      link.isStalled = true;
      link.late = Promise.withResolvers();
    }
    cut.onCut?.(chunk.toString());
    if (cut.at === 'late') {
      return true;
    }
    this.#cut(link);
    return false;
  }

  /** The server has answered the commit: it took effect. */
  #onReply(link: Link): boolean {
    if (link.cutsAtReply === undefined) {
      return true;
    }
    link.cutsAtReply.onCut?.('');
    this.#cut(link);
    return false;
  }

  async #closeWhenFlowing(link: Link): Promise<void> {
    await this.#flowing(link);
    await link.late?.promise;
    this.#cut(link);
  }

  #cut(link: Link): void {
    this.#links.delete(link);
    link.client.destroy();
    link.server.destroy();
  }
}
