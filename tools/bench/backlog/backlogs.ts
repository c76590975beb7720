/** Works off one backlog after the other, each beside a raw copy of the same rows. */
import type { Peer } from '../peers/peer.ts';
import { type PeerName, PEERS, providePeers } from '../peers/peers.ts';
import { preload } from '../data/preload.ts';
import { publish } from '../data/publish.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import type { CaseDatabase } from '../system/case-database.ts';
import { beside, briefly, byInstances, CASES, type Case } from './cases.ts';
import { measureLoad, pipeline } from './measured-load.ts';
import { peerLoader } from './peer-loader.ts';
import { measureQueries, type LatencyResult } from './query-latency.ts';
import { measureRawCopy } from './raw-copy.ts';
import type { BacklogResult, CaseResult, PeerLoads, Round } from './report.ts';

export interface BacklogOptions {
  readonly rows: number;
  /** Units in the database before one more case. */
  readonly preload: number;
  /** Ingests, and writers, of one of the cases, each of which is then to be worked off only once; 0 for one of each. */
  readonly crew: number;
  readonly repeat: number;
  /** Part of the names of the cases. */
  readonly only: string;
  /** Answers to each question about the loaded rows. */
  readonly requests: number;
  /** Numbers of ingests and writers; each case with each of them. */
  readonly instances: readonly number[];
  /** Lets other programs load the same samples. */
  readonly hasPeers: boolean;
  readonly cache: string;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
}

export async function measureBacklogs(system: BenchSystem, options: BacklogOptions): Promise<BacklogResult> {
  const peers = options.hasPeers ? await providePeers(options.cache, options.progress, options.signal) : undefined;
  const cases: CaseResult[] = [];
  const queries: LatencyResult[] = [];
  for (const one of casesOf(options)) {
    const rounds: Round[] = [];
    for (let number = 0; number < options.repeat; number += 1) {
      options.signal.throwIfAborted();
      const { round, queries: answered } = await runRound(system, one, options, peers);
      rounds.push(round);
      // The data is the same in every round, so one round of queries is enough.
      if (number === 0) {
        queries.push(...answered);
      }
    }
    cases.push({ name: one.name, kind: one.kind, rounds });
  }
  return { cases, queries };
}

function casesOf({ only, preload: units, crew, instances, hasPeers }: BacklogOptions): Case[] {
  const compared = units > 0 ? [...CASES, { ...beside(units), questions: () => ({}) }] : CASES;
  const wanted = (crew > 0 ? briefly(units, crew) : compared).filter(({ name }) => name.includes(only));
  if (hasPeers) {
    return wanted.filter(({ kind }) => kind === 'telemetry').map((one) => ({ ...one, questions: () => ({}) }));
  }
  if (instances.length > 0) {
    return wanted.flatMap((one) => instances.map((count) => byInstances(one, count)));
  }
  return wanted;
}

async function runRound(
  system: BenchSystem,
  { name, backlog: backlogOf, questions, preloaded, instances = 1 }: Case,
  { rows, requests, signal, progress }: BacklogOptions,
  peers: Readonly<Record<PeerName, Peer>> | undefined,
): Promise<{ round: Round; queries: LatencyResult[] }> {
  const nowMs = Date.now();
  const backlog = backlogOf(rows, nowMs);
  const say = (what: string): void => progress(`${name}: ${what}`);
  say(`publishing ${backlog.records.toLocaleString('en-US')} records`);
  await system.freshTopics();
  await publish(system, backlog, signal);
  const inDatabase = <T>(work: (database: CaseDatabase) => Promise<T>): Promise<T> =>
    system.withDatabase(async (database) => {
      if (preloaded !== undefined) {
        await preload(database, preloaded, (stored) => say(`${stored.toLocaleString('en-US')} units stored before`));
      }
      await database.client.query('CHECKPOINT');
      return work(database);
    });
  const ours = await inDatabase(async (database) => {
    say(`loading ${backlog.rows.toLocaleString('en-US')} rows`);
    const load = await measureLoad(system, database, backlog, pipeline(system, database, backlog, instances), signal);
    say('raw copy of the same rows');
    const raw = await measureRawCopy(system, database, backlog);
    const asked = questions(nowMs);
    const queries = Object.keys(asked).length > 0 ? await measureQueries(system, database, asked, requests) : [];
    return { round: { load, raw }, queries };
  });
  if (peers === undefined) {
    return ours;
  }
  const loads: PeerLoads = {};
  for (const peer of PEERS.filter((one) => peers[one].reads(backlog))) {
    loads[peer] = await inDatabase((database) => {
      say(`the same by ${peer}`);
      return measureLoad(system, database, backlog, peerLoader(peers[peer], system, database, backlog), signal);
    });
  }
  return { ...ours, round: { ...ours.round, peers: loads } };
}
