/**
 * What every process of this system shares:
 * `errors/` the base class and the list of codes, `config/` typed settings from the environment, `logging/` a logger that
 * hides secrets, `health/` probes that check progress, `process/` start, retry, drain and exit, `tracing/` spans for a collector;
 * `command/` for commands only, imported as `@chip/service/command`; `nest/` for services only, as `@chip/service/nest`.
 */
export * from './config/config.ts';
export * from './errors/app-error.ts';
export * from './errors/error-codes.ts';
export * from './errors/input-error.ts';
export * from './health/health.ts';
export * from './logging/logger.ts';
export * from './process/bounded-label.ts';
export { watchCertificate } from './process/certificates.ts';
export * from './process/lifecycle.ts';
export * from './process/meters.ts';
export * from './process/retry.ts';
export * from './process/service.metrics.ts';
export { leadingTrace, openTracing, type Span, TRACING, type Tracing, traceparentOf } from './tracing/tracing.ts';
