import 'reflect-metadata';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import { createLogger, createMetricsRegistry, Health, Lifecycle, type Logger } from '@chip/service';
import { closeHttp, ServiceModule } from '@chip/service/nest';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { configureHttp, httpOptions } from '../src/server/configure-http.ts';
import { type QueryConfig } from '../src/query.config.ts';
import { QueryModule } from '../src/query.module.ts';

export interface Answer<T = Record<string, unknown>> {
  status: number;
  type: string;
  headers: Headers;
  body: T;
}

interface RunOptions {
  /** What it says goes there; nowhere when absent. */
  readonly logger?: Logger;
  /** For a request to arrive, checked as often; that of production when absent. */
  readonly requestTimeoutMs?: number;
}

/** The service as it runs in production, on a free port, in front of `databaseUrl`. */
export class QueryApp {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly url: string,
    private readonly lifecycle: Lifecycle,
  ) {}

  static async start(
    databaseUrl: string,
    config: Partial<QueryConfig> = {},
    options: RunOptions = {},
  ): Promise<QueryApp> {
    const usual = {
      DATABASE_URL: databaseUrl,
      DATABASE_POOL_MAX: 4,
      DATABASE_STATISTICS_MAX: 2,
      QUERY_TIMEOUT_MS: 10_000,
      EXPORT_MAX_SECONDS: 900,
      EXPORT_STALL_SECONDS: 30,
      AUTH_MODE: 'none' as const,
      OIDC_SCOPE: 'openid',
      RATE_LIMITS: { light: 100_000, statistic: 100_000, export: 100_000, write: 100_000 },
    };
    return QueryApp.run({ ...usual, ...config }, options);
  }

  /** @param config as `loadConfig` returns it where its files matter: a copy does not know them */
  static async run(
    config: Partial<QueryConfig>,
    {
      logger = createLogger({ name: 'query', level: 'silent', instance: 'test' }).logger,
      requestTimeoutMs,
    }: RunOptions = {},
  ): Promise<QueryApp> {
    const lifecycle = new Lifecycle(logger, () => undefined);
    const parts = {
      config,
      logger,
      registry: createMetricsRegistry({ service: 'query', instance: 'test' }),
      health: new Health(),
      lifecycle,
    };
    class Root {}
    Module({ imports: [ServiceModule.forRoot(parts), QueryModule] })(Root);
    const app = await NestFactory.create<NestFastifyApplication>(
      Root,
      new FastifyAdapter({
        ...httpOptions(config as QueryConfig),
        ...(requestTimeoutMs === undefined
          ? {}
          : { requestTimeout: requestTimeoutMs, http: { connectionsCheckingInterval: requestTimeoutMs } }),
      } as never),
      {
        logger: false,
        abortOnError: false,
        bodyParser: false,
      },
    );
    await configureHttp(app);
    await app.listen(0, '127.0.0.1');
    return new QueryApp(app, await app.getUrl(), lifecycle);
  }

  async get<T = Record<string, unknown>>(path: string, init: RequestInit = {}): Promise<Answer<T>> {
    const response = await fetch(this.url + path, init);
    const type = response.headers.get('content-type') ?? '';
    const text = await response.text();
    return {
      status: response.status,
      type,
      headers: response.headers,
      body: (/[/+]json/.test(type) ? JSON.parse(text) : text) as T,
    };
  }

  /** Resolves when the service, which ends, takes no new connection. */
  async refusesConnections(): Promise<void> {
    while (this.app.getHttpServer().listening) {
      await nextTurn();
    }
  }

  async stop(): Promise<void> {
    await this.lifecycle.run('intake', AbortSignal.timeout(5000), () => 5000);
    await closeHttp(this.app.getHttpServer(), 5000, () => undefined);
    await this.lifecycle.run('connections', AbortSignal.timeout(5000), () => 5000);
  }
}

export interface Stage {
  readonly db: TestDatabase;
  readonly app: QueryApp;
  end(): Promise<void>;
}

/** A fresh database with the service in front of it. */
export async function openStage(config: Partial<QueryConfig> = {}): Promise<Stage> {
  const db = await createTestDatabase();
  const app = await QueryApp.start(db.url, config);
  return {
    db,
    app,
    end: async () => {
      await app.stop();
      await db.drop();
    },
  };
}
