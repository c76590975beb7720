/** The end of the line: a webhook that takes what the Alertmanager sends. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from '../../devstack/processes/ports.ts';

interface Notification {
  readonly receiver: string;
  readonly alerts: readonly {
    readonly status: 'firing' | 'resolved';
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

/** What has arrived about one alert. */
export interface Arrival {
  readonly alert: string;
  readonly status: 'firing' | 'resolved';
  readonly receiver: string;
  readonly summary: string;
  /** By the monotonic clock, ms. */
  readonly at: number;
}

export class Receiver {
  readonly arrivals: Arrival[] = [];
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  }

  static async listen(): Promise<Receiver> {
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        receiver.#take(JSON.parse(body) as Notification);
        response.writeHead(200).end();
      });
    });
    server.listen(0, LOOPBACK);
    await once(server, 'listening');
    const receiver = new Receiver(server);
    return receiver;
  }

  #take({ receiver, alerts }: Notification): void {
    const at = performance.now();
    for (const { status, labels, annotations } of alerts) {
      const summary = annotations['summary'] ?? '';
      this.arrivals.push({ alert: labels['alertname'] ?? '', status, receiver, summary, at });
    }
  }

  /** The first news of this kind since a moment. */
  first(alert: string, status: Arrival['status'], since: number): Arrival | undefined {
    return this.arrivals.find((one) => one.alert === alert && one.status === status && one.at >= since);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
