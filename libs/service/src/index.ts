/**
 * What every process of this system does in the same way:
 * `errors/` one base class and the list of codes, `config/` environment to typed settings, `logging/` one logger that hides
 * secrets, `health/` probes by progress, `process/` start, retry, drain and exit;
 * `command/` for commands alone, under `@chip/service/command`.
 */
export * from './config/config.ts';
export * from './errors/app-error.ts';
export * from './errors/error-codes.ts';
export * from './errors/input-error.ts';
export * from './health/health.ts';
export { HealthController } from './health/health.controller.ts';
export * from './logging/logger.ts';
export * from './process/lifecycle.ts';
export * from './process/meters.ts';
export * from './process/rethrow.filter.ts';
export * from './process/retry.ts';
export * from './process/run-service.ts';
export * from './process/service.metrics.ts';
export * from './process/service.module.ts';
