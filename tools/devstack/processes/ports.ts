/** Picks ports on loopback, and names the process that holds one. */
import { randomInt } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import type { Report } from '../terminal/progress.ts';
import { StackError } from '../terminal/stack-error.ts';

export const LOOPBACK = '127.0.0.1';

const HIGHEST_PORT = 65_535;
/** Above the ports of "npm start", below those that Linux uses for outgoing connections. */
const serverPorts = { from: 14_000, below: 32_000 };
/** Characters of a command line. */
const MOST_SHOWN = 200;

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(undefined) : reject(error),
    );
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address ? address.port : port;
      server.close(() => resolve(bound));
    });
  });
}

async function isFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined;
}

/** Ports that this process has claimed, each as long as it lives. */
const claims = new Map<number, Server>();

/**
 * Whether this process may use a port of this machine. A port stays free until its server has started, so two checkouts that
 * start at once would choose the same one. An abstract socket claims it, and ends with its process.
 */
async function claim(port: number): Promise<boolean> {
  if (claims.has(port)) {
    return true;
  }
  const server = createServer().unref();
  const isOurs = await new Promise<boolean>((resolve) => {
    // A system without such sockets has no claims.
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'EADDRINUSE'));
    server.listen(`\0chip-quality-port-${port}`, () => resolve(true));
  });
  if (isOurs) {
    claims.set(port, server);
  }
  return isOurs;
}

function giveUp(port: number): void {
  claims.get(port)?.close();
  claims.delete(port);
}

/** Remembers the ports it gave away, because a port stays free until its server has started. */
export class PortPicker {
  readonly #given = new Set<number>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  /**
   * @param preferred the first port to try; if it is taken, the next free one above it
   * @param variable environment variable with which the user requires one port
   */
  async pick(purpose: string, preferred: number, variable?: string): Promise<number> {
    const forced = variable && process.env[variable];
    if (forced) {
      return this.#insist(purpose, forced, variable);
    }
    for (let port = preferred; port <= HIGHEST_PORT; port += 1) {
      if (await this.#take(port)) {
        if (port !== preferred) {
          this.#report(purpose, `port ${preferred} is taken, using ${port}`);
        }
        return port;
      }
    }
    throw new StackError(`no port from ${preferred} up is free for ${purpose}`, 'end a process that listens there');
  }

  async #insist(purpose: string, text: string, variable: string): Promise<number> {
    const port = Number(text);
    if (!Number.isInteger(port) || port < 1 || port > HIGHEST_PORT) {
      throw new StackError(`${variable} is not a port number`, `set it to a number from 1 to ${HIGHEST_PORT}`);
    }
    const isOurs = this.#given.has(port);
    if (!(await this.#take(port))) {
      const holder = isOurs
        ? 'another part of this stack'
        : (holderOf(port) ?? 'a process of another user, or a stack that is starting');
      throw new StackError(
        `port ${port}, required by ${variable} (${purpose}), is held by ${holder}`,
        `end that process, set ${variable} to another port, or unset it to use a free one`,
      );
    }
    return port;
  }

  async #take(port: number): Promise<boolean> {
    if (this.#given.has(port)) {
      return false;
    }
    // Before the check, because another call may ask for the same port meanwhile.
    this.#given.add(port);
    if ((await claim(port)) && (await isFree(port))) {
      return true;
    }
    giveUp(port);
    this.#given.delete(port);
    return false;
  }
}

/**
 * Where a command's own servers begin to look for ports: elsewhere each time, because services of another checkout or
 * of a crashed run keep asking for their former broker and would mistake ours for it.
 */
export function portsAnywhere(): { readonly kafka: number; readonly postgres: number; readonly services: number } {
  const { from, below } = serverPorts;
  const first = randomInt(from, below - 600);
  return { kafka: first, postgres: first + 200, services: first + 300 };
}

/** `pid 123 (java -cp …)`, or undefined if this user may not see who owns the socket. */
function holderOf(port: number): string | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeningInodes(file, port)));
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      if (links.some((link) => inodes.has(link))) {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
        return `pid ${pid} (${commandLine.slice(0, MOST_SHOWN)})`;
      }
    } catch {
      // The process ended meanwhile, or belongs to another user.
    }
  }
  return undefined;
}

function listeningInodes(file: string, port: number): string[] {
  const listening = '0A';
  const portSuffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[1]?.endsWith(portSuffix) && fields[3] === listening)
      .map((fields) => `socket:[${fields[9]}]`);
  } catch {
    return [];
  }
}

/** Whether something accepts connections there. */
export function answers(host: string, port: number, withinMs = 2_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: withinMs });
    const settle = (result: boolean) => () => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', settle(true)).once('error', settle(false)).once('timeout', settle(false));
  });
}
