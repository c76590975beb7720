import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamicModule, InjectionToken, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy, NestMicroservice } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import { ConfigError, loadConfig, type ConfigSchema, type ServiceConfig } from '../config/config.ts';
import { Health } from '../health/health.ts';
import { doubleHeap } from '../process/double-heap.ts';
import { Lifecycle } from '../process/lifecycle.ts';
import { createLogger, NestLogger } from '../logging/logger.ts';
import { listenForManagement } from '../process/management.ts';
import { RethrowFilter } from './rethrow.filter.ts';
import { createMetricsRegistry } from '../process/service.metrics.ts';
import { closeHttp } from './close-http.ts';
import { ServiceModule } from './service.module.ts';
import { openTracing } from '../tracing/tracing.ts';

/** The process could not start, although its configuration is valid. */
export class StartError extends AppError {
  readonly code = 'start_failed';
  readonly retriable = false;
}

export interface RunServiceOptions<Schema extends ConfigSchema> {
  /** Short name of the service: `ingest`, `writer`, `query`. */
  readonly name: string;
  /** The service's variables; an extension of `serviceSchema`. */
  readonly schema: Schema;
  /** Composition root of the service. */
  readonly module: (config: z.infer<Schema>) => Type<unknown> | DynamicModule;
  /** Injection tokens of the message transports (`CustomTransportStrategy`) to start after the HTTP server. */
  readonly strategies?: readonly InjectionToken[];
  /** Final setup before the server listens: filters, OpenAPI page. */
  readonly configure?: (app: NestFastifyApplication, config: z.infer<Schema>) => void | Promise<void>;
  /** Fastify's own options, for example the body limit. */
  readonly http?: (config: z.infer<Schema>) => object;
  /** Time from the signal to the exit, in ms; after it the process exits with code 1. Default 25,000. */
  readonly drainTimeoutMs?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const DRAIN_TIMEOUT_MS = 25_000;
/** After a fatal error less is worth waiting for: the supervisor should start the next process soon. */
const FATAL_DRAIN_TIMEOUT_MS = 5_000;
const FLUSH_LOGS_MS = 500;

/**
 * Runs one service until a signal or a fatal error ends it.
 *
 * Start: configuration, Nest application on Fastify, HTTP server, message transports, one log line with the URL.
 *
 * Shutdown, on SIGTERM or SIGINT, in this order and within `drainTimeoutMs`: readiness goes red; drain stages `intake` and
 * `work` run; HTTP closes; stage `connections` runs; the process exits with 0, or with 1 when a part did not end properly.
 * A second signal exits at once with 1. A signal during start-up abandons the start. A fatal error, an uncaught exception
 * or an unhandled rejection is logged once and ends the process with 1 after at most 5 s of draining, which commits nothing.
 */
export async function runService<Schema extends ConfigSchema>(options: RunServiceOptions<Schema>): Promise<void> {
  const config = readConfig(options);
  if (config === undefined) {
    return;
  }
  const { HOST, PORT, MANAGEMENT_PORT, LOG_LEVEL, INSTANCE } = config as ServiceConfig;
  const { logger, flush } = createLogger({ name: options.name, level: LOG_LEVEL, instance: INSTANCE });
  const registry = createMetricsRegistry({ service: options.name, instance: INSTANCE });
  const health = new Health();
  const exit = async (code: number): Promise<never> => {
    await flush(FLUSH_LOGS_MS);
    process.exit(code);
  };

  let app: NestFastifyApplication | undefined;
  let ending: Promise<never> | undefined;
  const end = (timeoutMs: number): void => {
    ending ??= drain(timeoutMs);
    ending.catch(() => process.exit(1));
  };
  const lifecycle = new Lifecycle(logger, () => end(FATAL_DRAIN_TIMEOUT_MS));

  async function drain(timeoutMs: number): Promise<never> {
    const startedAt = performance.now();
    // A part that hangs in one stage must not take the time of later stages: each stage ends at a share of the whole.
    const remainingMs = (share: number): number => timeoutMs * share - (performance.now() - startedAt);
    const deadline = new AbortController();
    // The process must end even when a part hangs; by design, cutting its connections is safe.
    setTimeout(() => {
      logger.error({ timeoutMs }, 'drain_deadline_exceeded');
      void exit(1);
    }, timeoutMs).unref();
    // Tells the parts before their time is up, so that they can still react.
    setTimeout(() => deadline.abort(), timeoutMs * 0.7).unref();

    lifecycle.begin();
    const intake = await lifecycle.run('intake', deadline.signal, () => remainingMs(0.8));
    const work = await lifecycle.run('work', deadline.signal, () => remainingMs(0.85));
    if (app !== undefined) {
      const timeoutMs = Math.min(5_000, Math.max(0, remainingMs(0.9)));
      // Requests still running have had their time; their clients see a closed connection and may retry.
      await closeHttp(app.getHttpServer(), timeoutMs, () => logger.warn('http_connections_cut'));
    }
    const connections = await lifecycle.run('connections', deadline.signal, () => remainingMs(0.95));
    // Node reports an unhandled rejection of the drain only between turns of the event loop.
    await sleep(0);
    const exitCode = intake && work && connections && lifecycle.failure === undefined ? 0 : 1;
    logger.info({ exitCode, drainMs: Math.round(performance.now() - startedAt) }, 'service_stopped');
    return exit(exitCode);
  }

  const onSignal = (signal: NodeJS.Signals): void => {
    if (ending !== undefined) {
      logger.warn({ signal }, 'second_signal_exit_now');
      void exit(1);
      return;
    }
    logger.info({ signal }, 'service_stopping');
    end(options.drainTimeoutMs ?? DRAIN_TIMEOUT_MS);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('uncaughtException', (error) => lifecycle.fatal(error));
  process.on('unhandledRejection', (reason) => lifecycle.fatal(reason));
  health.addReady({
    name: 'lifecycle',
    check: () => (lifecycle.stopping.aborted ? { state: 'down', reason: 'the service is stopping' } : { state: 'up' }),
  });

  try {
    const tracing = await openTracing(config as ServiceConfig, options.name);
    if (tracing !== undefined) {
      lifecycle.onDrain('connections', 'tracing', () => tracing.shutdown());
    }
    const created = await NestFactory.create<NestFastifyApplication>(
      rootModule(
        ServiceModule.forRoot({ config, logger, registry, health, lifecycle, tracing }),
        options.module(config),
      ),
      // A hanging process must still answer probes, so shutdown never refuses requests before HTTP closes.
      new FastifyAdapter(options.http?.(config) as never),
      // Fastify parses JSON; Nest's parsers would add HTML forms, which any web page may send.
      { logger: new NestLogger(logger), abortOnError: false, bodyParser: false },
    );
    app = created;
    await options.configure?.(created, config);
    for (const token of options.strategies ?? []) {
      connectStrategy(created, token);
    }
    if (lifecycle.stopping.aborted) {
      return await untilExit();
    }
    doubleHeap();
    await created.listen(PORT, HOST);
    if (MANAGEMENT_PORT !== undefined) {
      const management = await listenForManagement({ health, registry, host: HOST, port: MANAGEMENT_PORT });
      lifecycle.onDrain('connections', 'management', () => management.close());
      logger.info({ url: management.url }, 'management_listening');
    }
    await created.startAllMicroservices();
    const url = await created.getUrl();
    logger.info({ url, pid: process.pid }, `${options.name} is listening on ${url}`);
  } catch (error) {
    // A start that shutdown interrupts is not a failed start.
    if (!lifecycle.stopping.aborted) {
      lifecycle.fatal(
        error instanceof AppError
          ? error
          : new StartError(`${options.name} could not start: ${messageOf(error)}`, { cause: error }),
      );
    }
  }
  return untilExit();
}

/** Only `process.exit` ends the process: code after `runService` must never run next to the service. */
async function untilExit(): Promise<never> {
  for (;;) {
    await sleep(2 ** 30);
  }
}

function readConfig<Schema extends ConfigSchema>(options: RunServiceOptions<Schema>): z.infer<Schema> | undefined {
  try {
    return loadConfig(options.schema, options.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    // There is no logger yet (its level is configuration), and people should read this without a tool.
    const lines = error.problems.map(({ name, reason }) => `  ${name} ${reason}\n`);
    process.stderr.write(
      `${options.name} does not start, its configuration is refused (${error.code}):\n${lines.join('')}`,
    );
    process.exitCode = 1;
    return undefined;
  }
}

function connectStrategy(app: NestFastifyApplication, token: InjectionToken): void {
  const strategy = app.get<CustomTransportStrategy>(token as never, { strict: false });
  const microservice = app.connectMicroservice(
    { strategy },
    { deferInitialization: true },
  ) as unknown as NestMicroservice;
  microservice.useGlobalFilters(new RethrowFilter());
  // The application that owns the container runs the hooks; a deferred microservice would run them a second time.
  microservice.setIsInitHookCalled(true);
}

function rootModule(...imports: (Type<unknown> | DynamicModule)[]): Type<unknown> {
  class Root {}
  Module({ imports })(Root);
  return Root;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
