/** What goes wrong with the processes, and for those who ask them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pause } from '../../../devstack/processes/wait-for.ts';
import type { ObservedSystem } from '../system/system.ts';
import { type Accident, locked, persistently } from './accident.ts';

/** Asks the query service, whatever it answers. */
let asked = 0;
/** Each time for something else: those who wait for the same share an answer, and fill no pool. */
const ask = (system: ObservedSystem): Promise<unknown> =>
  fetch(`${system.queryUrl}/v1/inspections?limit=${1 + (asked++ % 50)}`, { signal: AbortSignal.timeout(20_000) }).then(
    (answer) => answer.text(),
  );

export const noQuery: Accident = {
  what: 'both instances of query end',
  alerts: ['ServiceMissing'],
  begin: async (system) => {
    await Promise.all([system.stop('query-1'), system.stop('query-2')]);
    return async () => {
      await Promise.all([system.start('query-1'), system.start('query-2')]);
    };
  },
};

export const blockedRequests: Accident = {
  what: 'another session locks inspections, and 30 clients ask for them; no inspections arrive',
  alerts: ['PoolSaturated', 'QueryErrors'],
  begin: async (system) => {
    system.signalTo('simulator-1', 'SIGSTOP');
    await sleep(3_000);
    const session = await locked(system, 'LOCK TABLE inspections IN ACCESS EXCLUSIVE MODE');
    // Each by itself and out of step: refused together, they would leave pauses in which nobody waits.
    const clients = Array.from({ length: 30 }, (_, i) =>
      persistently(async (stop) => {
        await pause(i * 100, stop);
        await ask(system);
      }),
    );
    return async () => {
      await session.end();
      await Promise.all(clients.map((end) => end()));
      system.signalTo('simulator-1', 'SIGCONT');
      // Without a request there is no share of failed ones.
      await Promise.all(Array.from({ length: 20 }, () => ask(system)));
    };
  },
};

export const damagedCertificate: Accident = {
  what: 'the certificate of query is replaced by a damaged file',
  alerts: ['CertificateExpires'],
  begin: async (system) => {
    const before = readFileSync(system.certificate);
    writeFileSync(system.certificate, 'damaged');
    return async () => writeFileSync(system.certificate, before);
  },
};

export const slowRequests: Accident = {
  what: 'another session locks inspections, again and again for 7 s, while clients ask for them; none arrive',
  alerts: ['QuerySlow'],
  begin: async (system) => {
    system.signalTo('simulator-1', 'SIGSTOP');
    await sleep(3_000);
    const end = persistently(async (stop) => {
      const session = await locked(system, 'LOCK TABLE inspections IN ACCESS EXCLUSIVE MODE');
      const asked = [1, 2, 3].map(() => ask(system));
      await pause(7_000, stop);
      await session.end();
      await Promise.all(asked);
    });
    return async () => {
      await end();
      system.signalTo('simulator-1', 'SIGCONT');
    };
  },
};

export const crashingQuery: Accident = {
  what: 'an instance of query is ended again and again, as a liveness probe that fails does',
  alerts: ['ServiceRestarting'],
  begin: async (system) =>
    persistently(async (stop) => {
      // Killed at once, it would stay in its consumer group for a while, and its successor would wait for that.
      await system.stop('query-1');
      await system.start('query-1');
      // Prometheus must have seen it, or it was never there.
      await pause(1_500, stop);
    }),
};

export const throttledQuery: Accident = {
  what: 'an instance of query gets the CPU for 0.3 s of every 1.9 s, as a container at its limit does',
  alerts: ['EventLoopBlocked'],
  begin: async (system) => {
    const end = persistently(async (stop) => {
      system.signalTo('query-2', 'SIGSTOP');
      await pause(1_600, stop);
      system.signalTo('query-2', 'SIGCONT');
      await pause(300, stop);
    });
    return async () => {
      await end();
      system.signalTo('query-2', 'SIGCONT');
    };
  },
};

export const scannedRoutes: Accident = {
  what: 'a scanner asks every route, well and badly',
  alerts: ['MetricsCardinality'],
  begin: async (system) => {
    const document = (await (await fetch(`${system.queryUrl}/openapi.json`)).json()) as {
      readonly paths: Readonly<Record<string, object>>;
    };
    for (const path of Object.keys(document.paths)) {
      for (const query of ['', '?drill=1']) {
        const url = `${system.queryUrl}${path.replaceAll(/\{[^}]+\}/g, 'drill')}${query}`;
        // Whatever it answers, it counts.
        await fetch(url, { signal: AbortSignal.timeout(5_000) })
          .then((answer) => answer.arrayBuffer())
          .catch(() => undefined);
      }
    }
    return async () => {
      await system.stop('query-1');
      await system.start('query-1');
    };
  },
};
