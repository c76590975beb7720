/**
 * Preloaded into query by the fuzzer: writes to the file in FUZZ_LONGEST_TURN how much CPU time its thread used between two
 * turns of the event loop at most, and what was asked then. CPU time, because on a busy machine a turn also lasts for as
 * long as other processes have the processor.
 */
import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';

const EVERY_MS = 10;
/** Shorter turns are not worth a line. */
const LEAST_MS = 20;
const MOST_REQUESTS = 5;

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

const FILE = process.env['FUZZ_LONGEST_TURN'];
let longest = LEAST_MS;
let last: number | undefined;
let asked: string[] = [];

const look = (): void => {
  const now = cpuMs();
  const took = now - (last ?? now);
  if (took > longest && FILE !== undefined) {
    longest = took;
    writeFileSync(FILE, JSON.stringify({ ms: took, asked }));
  }
  last = cpuMs();
  asked = asked.slice(-1);
};

// The first request begins it: what the process does before belongs to its start.
subscribe('http.server.request.start', (message) => {
  const { method, url } = (message as { request: IncomingMessage }).request;
  asked = [...asked, `${method} ${url?.slice(0, 300)}`].slice(-MOST_REQUESTS);
  if (last === undefined) {
    last = cpuMs();
    setInterval(look, EVERY_MS).unref();
  }
});
