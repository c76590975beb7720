/** Database access: pools, snapshots, and building blocks of statements. */
import { cancelsLongReads, Database, replicaLag, schemaReady } from '@chip/persistence';
import { DatabaseModule } from '@chip/persistence/nest';
import { UnitOfWork } from '@chip/persistence/repositories';
import { Health, Lifecycle, type Logger } from '@chip/service';
import { CONFIG, LOGGER } from '@chip/service/nest';
import { Global, Inject, type InjectionToken, Module, type OnModuleInit } from '@nestjs/common';
import { Registry } from 'prom-client';
import {
  answerTimeoutMs,
  CONNECT_TIMEOUT_MS,
  type QueryConfig,
  readConnections,
  WRITE_CONNECTIONS,
} from '../query.config.ts';
import { measurePools, measureReplicaLag } from '../query.metrics.ts';
import { PrimaryDatabase } from '../primary-database.ts';
import { OWN_TELEMETRY, Pools } from './pools.ts';
import { PrimarySnapshots, Snapshots, TelemetrySnapshots } from './snapshots.ts';
import { StreamDatabases } from './stream-databases.ts';

/** Separate pool for writes; null when reads use the same URL. */
const OWN_PRIMARY = Symbol('own primary');

/** Connections of statistics, and of exports. */
const STATISTICS_POOL = Symbol('statistics pool');
const EXPORTS_POOL = Symbol('exports pool');
/** The same for telemetry; null when it has no database of its own. */
const TELEMETRY_POOLS = {
  light: Symbol('telemetry pool'),
  statistic: Symbol('telemetry statistics pool'),
  export: Symbol('telemetry exports pool'),
};

const pool = (
  cost: keyof ReturnType<typeof readConnections>,
  token: InjectionToken,
  url: (config: QueryConfig) => string | undefined,
) =>
  DatabaseModule.forRoot<QueryConfig>({
    token,
    applicationName: 'chip-query',
    url,
    pool: (config) => ({
      max: readConnections(config)[cost],
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      queryTimeoutMs: answerTimeoutMs(cost === 'export' ? config.EXPORT_MAX_SECONDS * 1000 : config.QUERY_TIMEOUT_MS),
    }),
  });
const toRead = (config: QueryConfig): string => config.READ_DATABASE_URL ?? config.DATABASE_URL;
const lightPool = pool('light', Database, toRead);
const statisticsPool = pool('statistic', STATISTICS_POOL, toRead);
const exportsPool = pool('export', EXPORTS_POOL, toRead);
const telemetryPools = (['light', 'statistic', 'export'] as const).map((cost) =>
  pool(cost, TELEMETRY_POOLS[cost], (config) => config.TELEMETRY_DATABASE_URL),
);
const primaryPool = DatabaseModule.forRoot<QueryConfig>({
  token: OWN_PRIMARY,
  applicationName: 'chip-query',
  url: (config) => (config.READ_DATABASE_URL === undefined ? undefined : config.DATABASE_URL),
  pool: (config) => ({
    max: WRITE_CONNECTIONS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    queryTimeoutMs: answerTimeoutMs(config.QUERY_TIMEOUT_MS),
  }),
});

@Global()
@Module({
  imports: [lightPool, statisticsPool, exportsPool, primaryPool, ...telemetryPools],
  providers: [
    {
      provide: PrimaryDatabase,
      inject: [Database, OWN_PRIMARY],
      useFactory: (database: Database, own: Database | null): PrimaryDatabase => own ?? database,
    },
    {
      provide: UnitOfWork,
      inject: [CONFIG],
      useFactory: (config: QueryConfig) =>
        new UnitOfWork({
          url: config.DATABASE_URL,
          applicationName: 'chip-query',
          max: WRITE_CONNECTIONS,
          queryTimeoutMs: answerTimeoutMs(config.QUERY_TIMEOUT_MS),
        }),
    },
    {
      provide: Pools,
      inject: [Database, STATISTICS_POOL, EXPORTS_POOL],
      useFactory: (...pools: ConstructorParameters<typeof Pools>) => new Pools(...pools),
    },
    {
      provide: OWN_TELEMETRY,
      inject: Object.values(TELEMETRY_POOLS),
      useFactory: (light: Database | null, statistic: Database | null, exports: Database | null): Pools | null =>
        light && statistic && exports && new Pools(light, statistic, exports),
    },
    {
      provide: Snapshots,
      inject: [Pools, CONFIG],
      useFactory: (pools: Pools, config: QueryConfig) => new Snapshots(pools, config),
    },
    {
      provide: TelemetrySnapshots,
      inject: [Snapshots, OWN_TELEMETRY, CONFIG],
      // Not a second object over the same pools: each counts the exports that run.
      useFactory: (snapshots: Snapshots, own: Pools | null, config: QueryConfig): TelemetrySnapshots =>
        own ? new TelemetrySnapshots(own, config, 'the database of telemetry') : snapshots,
    },
    PrimarySnapshots,
    StreamDatabases,
  ],
  exports: [lightPool, PrimaryDatabase, UnitOfWork, Snapshots, TelemetrySnapshots, PrimarySnapshots, StreamDatabases],
})
export class SqlModule implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly pools: Pools,
    private readonly primary: PrimaryDatabase,
    @Inject(OWN_TELEMETRY) private readonly telemetry: Pools | null,
    private readonly unitOfWork: UnitOfWork,
    private readonly health: Health,
    private readonly lifecycle: Lifecycle,
    private readonly registry: Registry,
    @Inject(CONFIG) private readonly config: QueryConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    measurePools(
      {
        light: this.database,
        statistic: this.pools.of('statistic'),
        export: this.pools.of('export'),
        write: this.primary,
        ...(this.telemetry && {
          telemetry_light: this.telemetry.of('light'),
          telemetry_statistic: this.telemetry.of('statistic'),
          telemetry_export: this.telemetry.of('export'),
        }),
      },
      this.registry,
    );
    measureReplicaLag(this.database, this.registry);
    // Ready means ready to read, because nearly all requests read: losing the primary must not stop their answers.
    // Live needs no indicator: a process that answers has a running event loop, and this one makes no other progress.
    const database = this.#readiness(this.database);
    this.health.addReady({
      name: 'database',
      check: async () => {
        const reason = await database();
        return reason === null ? { state: 'up' } : { state: 'down', reason };
      },
    });
    if (this.telemetry) {
      const telemetry = this.#readiness(this.telemetry.of('light'));
      this.health.addReady({
        name: 'telemetry_database',
        // Inspections are answered without it.
        check: async () => {
          const reason = await telemetry().catch((error: unknown) =>
            error instanceof Error ? error.message : String(error),
          );
          return reason === null ? { state: 'up' } : { state: 'degraded', reason };
        },
      });
    }
    this.lifecycle.onDrain('connections', 'unit of work', () => this.unitOfWork.close());
  }

  /** @returns a check that resolves with why not to read there, or null. It rejects when the database does not answer */
  #readiness(database: Database): () => Promise<string | null> {
    let isReplicaKnown = false;
    return async () => {
      await schemaReady(database);
      if (!isReplicaKnown) {
        isReplicaKnown = true;
        if (await cancelsLongReads(database)) {
          this.logger.warn({ advice: 'set hot_standby_feedback = on there' }, 'replica_cancels_exports');
        }
      }
      const lag = await replicaLag(database);
      return lag > this.config.MAX_REPLICA_LAG
        ? `the replica lags ${Math.round(lag)} s, more than MAX_REPLICA_LAG`
        : null;
    };
  }
}
