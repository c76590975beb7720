/** Typed client of the query service, for Node and browsers. */
export type * from './api.ts';
export { type Client, type ClientOptions, createClient } from './client.ts';
export { ProblemError } from './problem.ts';
