import { Module, type DynamicModule } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Health } from '../health/health.ts';
import { HealthController } from './health.controller.ts';
import { Lifecycle } from '../process/lifecycle.ts';
import type { Logger } from '../logging/logger.ts';
import { TRACING, type Tracing } from '../tracing/tracing.ts';

/** Injection token of the service's typed configuration. */
export const CONFIG = Symbol('config');
/** Injection token of the process's pino logger. */
export const LOGGER = Symbol('logger');

export interface ServiceParts {
  readonly config: unknown;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly health: Health;
  readonly lifecycle: Lifecycle;
  readonly tracing?: Tracing | undefined;
}

/** Gives every module of a process its configuration, logger, metrics, health and lifecycle, and serves the health routes. */
@Module({})
export class ServiceModule {
  static forRoot(parts: ServiceParts): DynamicModule {
    const providers = [
      { provide: CONFIG, useValue: parts.config },
      { provide: LOGGER, useValue: parts.logger },
      { provide: Registry, useValue: parts.registry },
      { provide: Health, useValue: parts.health },
      { provide: Lifecycle, useValue: parts.lifecycle },
      { provide: TRACING, useValue: parts.tracing ?? null },
    ];
    return {
      module: ServiceModule,
      global: true,
      controllers: [HealthController],
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}
