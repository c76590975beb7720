/** Replaces kafkajs's decoder of fetch responses with ours, for the fetches that ask for it. */
import { AsyncLocalStorage } from 'node:async_hooks';
// @ts-expect-error kafkajs has no types for what is inside it
import fetchResponses from 'kafkajs/src/protocol/requests/fetch/v11/response.js';
import type { DecompressionBudget } from '../records/codecs.ts';
import { decodeFetchResponse } from '../records/fetch-response.ts';

const budgets = new AsyncLocalStorage<DecompressionBudget>();

/**
 * Runs `fetch`, a kafkajs broker's `fetch`, so that its response is decoded here and not by kafkajs.
 *
 * kafkajs makes an object, two decimal texts and several buffers of every record before anyone asks for one, refuses
 * the whole response if one partition's batch is damaged, and does not bound what a batch decompresses to. Here the
 * response stays bytes, everything it decompresses stays within `budget`, and a problem of one partition affects only
 * that one.
 */
export const fetchUndecoded = <T>(budget: DecompressionBudget, fetch: () => Promise<T>): Promise<T> =>
  budgets.run(budget, fetch);

/** Version 11 is kafkajs's newest; every broker since Kafka 2.3 speaks it. */
const version11 = fetchResponses as {
  decode(response: Buffer): Promise<unknown>;
};
const { decode: decodeByKafkajs } = version11;
version11.decode = (response) => {
  const budget = budgets.getStore();
  return budget === undefined ? decodeByKafkajs(response) : decodeFetchResponse(response, budget);
};

/** What kafkajs needs to see as a record, so that it passes on the answer of a partition. */
export const standIn = (offset: number): object => ({
  offset: String(offset),
  timestamp: '0',
  key: null,
  value: null,
  headers: {},
  isControlRecord: false,
});
