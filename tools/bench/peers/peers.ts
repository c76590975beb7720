/** Other programs that bring the same samples from the same topic into the same table. */
import { Debezium } from './debezium.ts';
import type { Peer } from './peer.ts';
import { Telegraf } from './telegraf.ts';

export const PEERS = ['Telegraf, json', 'Telegraf, json_v2', 'Debezium'] as const;
export type PeerName = (typeof PEERS)[number];

/** @throws StackError where a program that builds or fetches them is missing */
export async function providePeers(
  cache: string,
  progress: (what: string) => void,
  signal: AbortSignal,
): Promise<Readonly<Record<PeerName, Peer>>> {
  const telegraf = await Telegraf.provide(cache, progress, signal);
  return {
    'Telegraf, json': telegraf.reading('json'),
    'Telegraf, json_v2': telegraf.reading('json_v2'),
    Debezium: await Debezium.provide(cache, progress, signal),
  };
}
