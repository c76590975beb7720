/** Puts our decoder of fetch responses in the place of kafkajs's own, for the fetches that ask for it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import type { DecompressionBudget } from '../records/codecs.ts';
import { decodeFetchResponse } from '../records/fetch-response.ts';

const budgets = new AsyncLocalStorage<DecompressionBudget>();

/**
 * Runs `fetch`, a broker's `fetch` of kafkajs, so that its response is decoded here and not by kafkajs.
 *
 * kafkajs makes an object, two decimal texts and several buffers of every record before anybody asks for one, refuses
 * the whole response where one partition's batch is damaged, and has no bound for what a batch unfolds to. Here the
 * response stays bytes; everything it unpacks stays within `budget`, and what is wrong with a partition concerns it alone.
 */
export const fetchUndecoded = <T>(budget: DecompressionBudget, fetch: () => Promise<T>): Promise<T> =>
  budgets.run(budget, fetch);

/** Version 11 is kafkajs's newest; every broker since Kafka 2.3 speaks it. */
const version11 = createRequire(import.meta.url)('kafkajs/src/protocol/requests/fetch/v11/response') as {
  decode(response: Buffer): Promise<unknown>;
};
const { decode: decodeByKafkajs } = version11;
version11.decode = (response) => {
  const budget = budgets.getStore();
  return budget === undefined ? decodeByKafkajs(response) : decodeFetchResponse(response, budget);
};
