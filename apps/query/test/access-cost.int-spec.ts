/**
 * What access control costs, and what wrong keys cost those who have a right one. The assertions are about who is let in;
 * how long it took goes to test-results/access-cost.json, and from a quiet machine into docs/performance.md.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKey, Database, revokeKey } from '@chip/persistence';
import { createLogger } from '@chip/service';
import { waitFor } from '@chip/testing';
import { KeyCheck } from '../src/access/key-check.ts';
import { openStage, QueryApp, type Stage } from './query-app.ts';

/** Enough to see that everything works; `ACCESS_COST=full` for figures worth publishing. */
const SHARE = process.env['ACCESS_COST'] === 'full' ? 1 : 0.05;
const CHECKS = 20_000 * SHARE;
const WRONG_PER_MS = 10;
const REQUESTS = 1_500 * SHARE;
/** Each of the situations to compare, in turn: a machine does not stay the same for a minute. */
const ROUNDS = SHARE === 1 ? 5 : 1;
const RIGHTS = { role: 'viewer' as const, scopes: [], sites: null, products: null, expires_at: null };
const change = { by: 'test', reason: 'a test' };
const wrongKey = (nth: number): string => `chip_${String(nth % 1e10).padStart(10, '0')}_${'A'.repeat(43)}`;
const results: Record<string, unknown> = {};

interface Latency {
  readonly p50: number;
  readonly p99: number;
  /** Wrong keys that were answered per second. */
  readonly refused?: number;
}

/** In milliseconds. */
function percentiles(times: number[]): { p50: number; p99: number } {
  const sorted = times.sort((a, b) => a - b);
  const at = (share: number): number => Number(sorted[Math.floor(sorted.length * share)]!.toFixed(4));
  return { p50: at(0.5), p99: at(0.99) };
}

let stage: Stage;
let second: QueryApp;
let key: string;
beforeAll(async () => {
  stage = await openStage({ AUTH_MODE: 'keys', DATABASE_POOL_MAX: 4 });
  second = await QueryApp.start(stage.db.url, { AUTH_MODE: 'keys' });
  // As many as a large company has.
  for (let nth = 0; nth < 1_000 * SHARE; nth++) {
    ({ key } = await createKey(stage.db.database, { name: `n${nth}`, ...RIGHTS }, change));
  }
}, 120_000);
afterAll(async () => {
  mkdirSync('test-results', { recursive: true });
  writeFileSync('test-results/access-cost.json', JSON.stringify(results, null, 2));
  await second?.stop();
  await stage?.end();
});

describe('a check of a key', () => {
  it('lets the right one in, alone and among ten wrong ones per millisecond', async () => {
    const { logger } = createLogger({ name: 'cost', level: 'silent' });
    const database = new Database({ url: stage.db.url, applicationName: 'chip-cost' });
    const check = new KeyCheck([database], logger);
    check.start();
    try {
      await check.callerOf(key);
      const measure = async (pause: () => Promise<unknown>): Promise<{ p50: number; p99: number }> => {
        const times: number[] = [];
        for (let nth = 0; nth < CHECKS; nth++) {
          if (nth % 10 === 0) {
            await pause();
          }
          const startedAt = performance.now();
          await check.callerOf(key);
          times.push(performance.now() - startedAt);
        }
        return percentiles(times);
      };
      const tick = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 1));
      results['check alone, ms'] = await measure(tick);
      let refused = 0;
      let sent = 0;
      const startedAt = performance.now();
      results['check among wrong keys, ms'] = await measure(async () => {
        for (; sent < (performance.now() - startedAt) * WRONG_PER_MS; sent++) {
          check.callerOf(wrongKey(sent)).catch(() => refused++);
        }
        return tick();
      });
      results['wrong keys per second at the check'] = Math.round(sent / ((performance.now() - startedAt) / 1000));
      await waitFor(
        () => refused,
        (count) => count === sent,
      );
    } finally {
      await check.stop();
      await database.close();
    }
  }, 120_000);
});

/**
 * Sends wrong keys from a process of its own, as fast as it is told or as it can: to a URL, or to a server within itself
 * that answers 143 a second, which shows what the sender alone costs others on this machine.
 */
const FLOOD = `
const http = require('node:http');
const [given, perSecond, connections] = process.argv.slice(1);
const agent = new http.Agent({ keepAlive: true, maxSockets: Number(connections) });
let sent = 0, done = 0, refused = 0;
const startedAt = performance.now();
const held = [];
const elsewhere = http.createServer((_, response) => held.push(response));
setInterval(() => held.shift()?.writeHead(401).end(), 7);
if (given === 'elsewhere') elsewhere.listen(0, '127.0.0.1', () => flood('http://127.0.0.1:' + elsewhere.address().port));
else flood(given);
function flood(url) { setInterval(() => {
  while (sent < (performance.now() - startedAt) * perSecond / 1000 && sent - done < 20000) {
    const key = 'chip_' + String(sent % 1e10).padStart(10, '0') + '_short';
    sent++;
    http.get(url, { agent, headers: { authorization: 'Bearer ' + key } }, (response) => { refused += response.statusCode === 401; response.resume().on('end', () => done++); }).on('error', () => done++);
  }
}, 1); }
process.on('SIGTERM', () => { console.log(Math.round(refused / (performance.now() - startedAt) * 1000)); process.exit(0); });
`;

describe('a request with a right key', () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  afterAll(() => agent.destroy());
  const request = async (): Promise<number> => {
    const sent = http.get(`${stage.app.url}/v1/lots?limit=1`, { agent, headers: { authorization: `Bearer ${key}` } });
    const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response.statusCode!;
  };
  const measure = async (): Promise<Latency> => {
    const times: number[] = [];
    for (let nth = 0; nth < REQUESTS; nth++) {
      const startedAt = performance.now();
      expect(await request()).toBe(200);
      times.push(performance.now() - startedAt);
    }
    return percentiles(times);
  };
  const flooded = async (connections: number, url = `${stage.app.url}/v1/lots`): Promise<Latency> => {
    const args = [url, '10000', String(connections)];
    const flood: ChildProcess = spawn(process.execPath, ['-e', FLOOD, ...args]);
    let output = '';
    flood.stdout!.on('data', (text: Buffer) => (output += text.toString()));
    const latency = await measure();
    const ended = once(flood, 'close');
    flood.kill('SIGTERM');
    await ended;
    return { ...latency, refused: Number(output) };
  };

  // Before the floods: the refusal that shows it would wait behind theirs.
  it('is refused on two instances soon after the key is revoked', async () => {
    const { key: revoked, prefix } = await createKey(stage.db.database, { name: 'revoked', ...RIGHTS }, change);
    const statuses = async (): Promise<number[]> =>
      Promise.all(
        [stage.app, second].map(
          async (app) => (await app.get('/v1/yield', { headers: { authorization: `Bearer ${revoked}` } })).status,
        ),
      );
    expect(await statuses()).toEqual([200, 200]);
    await revokeKey(stage.db.database, prefix, change);
    const revokedAt = performance.now();
    await waitFor(statuses, (seen) => seen.every((status) => status === 401));
    results['revoked on two instances, ms'] = Math.round(performance.now() - revokedAt);
  });

  it('is answered, alone and while wrong ones come', async () => {
    await measure();
    const situations = {
      'request alone, ms': measure,
      'request while 10,000 wrong ones a second go to another server on 64 connections, ms': () =>
        flooded(64, 'elsewhere'),
      'request while they come on 64 connections, ms': () => flooded(64),
      'request while they come on 900 connections, ms': () => flooded(900),
    };
    const seen = new Map<string, Latency[]>();
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, situation] of Object.entries(situations)) {
        seen.set(name, [...(seen.get(name) ?? []), await situation()]);
      }
    }
    for (const [name, rounds] of seen) {
      const of = (figure: keyof Latency): number[] => rounds.map((round) => round[figure] ?? 0).sort((a, b) => a - b);
      const median = (figure: keyof Latency): number => of(figure)[Math.floor(rounds.length / 2)]!;
      results[name] = {
        p50: median('p50'),
        p99: median('p99'),
        'p99 of each round': of('p99'),
        'refused per second': median('refused'),
      };
    }
  }, 480_000);
});

describe('a body of 3.8 MB that is wrong everywhere', () => {
  it('gets an answer of twenty complaints', async () => {
    const open = await QueryApp.start(stage.db.url);
    try {
      const body = JSON.stringify({
        chart: 'xbar_r',
        subgroups: Array.from({ length: 50_000 }, () => Array.from({ length: 26 }, () => '')),
      });
      const ask = async (): Promise<{ ms: number; bytes: number }> => {
        const startedAt = performance.now();
        const response = await fetch(`${open.url}/v1/spc/evaluate`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
        const { length } = await response.text();
        expect([response.status, length < 1024 * 1024]).toEqual([400, true]);
        return { ms: Math.round(performance.now() - startedAt), bytes: length };
      };
      if (SHARE === 1) {
        // Until its code is compiled it takes longer.
        await ask();
      }
      results['body of 3.8 MB'] = { 'sent bytes': body.length, ...(await ask()) };
    } finally {
      await open.stop();
    }
  });
});
