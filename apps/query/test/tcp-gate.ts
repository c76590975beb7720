import { once } from 'node:events';
import net from 'node:net';

/** A TCP relay in front of a server, which a test can shut (connections reset, new ones refused) and open again. */
export class TcpGate {
  #server: net.Server | undefined;
  readonly #sockets = new Set<net.Socket>();
  #isSilent = false;

  private constructor(
    private readonly target: { host: string; port: number },
    readonly port: number,
  ) {}

  /** Relays to the host and port of `url`. */
  static async before(url: string): Promise<TcpGate> {
    const { hostname, port } = new URL(url);
    const probe = net.createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const gate = new TcpGate({ host: hostname, port: Number(port) }, (probe.address() as net.AddressInfo).port);
    probe.close();
    await once(probe, 'close');
    await gate.open();
    return gate;
  }

  /** `url` with the address of the gate. */
  through(url: string): string {
    const changed = new URL(url);
    changed.host = `127.0.0.1:${this.port}`;
    return changed.href;
  }

  async open(): Promise<void> {
    this.#server = net.createServer((client) => {
      const server = net.connect(this.target);
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
        if (!this.#isSilent) {
          socket.pipe(other);
        }
      }
    });
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /**
   * Silently stops relaying, like a server whose host has lost power.
   *
   * @param isForGood whether new connections get no answer either
   */
  fallSilent(isForGood: boolean): void {
    this.#isSilent = isForGood;
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  async shut(): Promise<void> {
    if (!this.#server) {
      return;
    }
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) {
      socket.resetAndDestroy();
    }
    await closed;
    this.#server = undefined;
  }
}
