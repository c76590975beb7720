/**
 * What a service gets from Nest: its start, its module and its probes. An entry of its own, because loading Nest takes half a
 * second of processor time, which a command does not need.
 */
export { closeHttp } from './close-http.ts';
export { HealthController } from './health.controller.ts';
export * from './rethrow.filter.ts';
export * from './run-service.ts';
export * from './service.module.ts';
