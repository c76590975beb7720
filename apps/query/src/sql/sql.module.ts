/** Database access: pools, snapshots, and building blocks of statements. */
import { cancelsLongReads, Database, DatabaseModule, replicaLag, schemaReady, UnitOfWork } from '@chip/persistence';
import { CONFIG, Health, Lifecycle, LOGGER, type Logger } from '@chip/service';
import { Global, Inject, type InjectionToken, Module, type OnModuleInit } from '@nestjs/common';
import { Registry } from 'prom-client';
import { CONNECT_TIMEOUT_MS, type QueryConfig, readConnections, WRITE_CONNECTIONS } from '../query.config.ts';
import { measurePools, measureReplicaLag } from '../query.metrics.ts';
import { PrimaryDatabase } from '../primary-database.ts';
import { EXPORTS_POOL, Pools, STATISTICS_POOL } from './pools.ts';
import { PrimarySnapshots, Snapshots } from './snapshots.ts';

/** Separate pool for writes; null when reads use the same URL. */
const OWN_PRIMARY = Symbol('own primary');

const readPool = (cost: keyof ReturnType<typeof readConnections>, token: InjectionToken) =>
  DatabaseModule.forRoot<QueryConfig>({
    token,
    applicationName: 'chip-query',
    url: (config) => config.READ_DATABASE_URL ?? config.DATABASE_URL,
    pool: (config) => ({ max: readConnections(config)[cost], connectTimeoutMs: CONNECT_TIMEOUT_MS }),
  });
const lightPool = readPool('light', Database);
const statisticsPool = readPool('statistic', STATISTICS_POOL);
const exportsPool = readPool('export', EXPORTS_POOL);
const primaryPool = DatabaseModule.forRoot<QueryConfig>({
  token: OWN_PRIMARY,
  applicationName: 'chip-query',
  url: (config) => (config.READ_DATABASE_URL === undefined ? undefined : config.DATABASE_URL),
  pool: () => ({ max: WRITE_CONNECTIONS, connectTimeoutMs: CONNECT_TIMEOUT_MS }),
});

@Global()
@Module({
  imports: [lightPool, statisticsPool, exportsPool, primaryPool],
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
        UnitOfWork.open({ url: config.DATABASE_URL, applicationName: 'chip-query', max: WRITE_CONNECTIONS }),
    },
    Pools,
    {
      provide: Snapshots,
      inject: [Pools, CONFIG],
      useFactory: (...parts: ConstructorParameters<typeof Snapshots>) => new Snapshots(...parts),
    },
    PrimarySnapshots,
  ],
  exports: [lightPool, PrimaryDatabase, UnitOfWork, Snapshots, PrimarySnapshots],
})
export class SqlModule implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly pools: Pools,
    private readonly primary: PrimaryDatabase,
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
      },
      this.registry,
    );
    measureReplicaLag(this.database, this.registry);
    // Ready means ready to read, because nearly all requests read: losing the primary must not stop their answers.
    // Live needs no indicator: a process that answers has a running event loop, and this one makes no other progress.
    let isReplicaKnown = false;
    this.health.addReady({
      name: 'database',
      check: async () => {
        await schemaReady(this.database);
        if (!isReplicaKnown) {
          isReplicaKnown = true;
          if (await cancelsLongReads(this.database)) {
            this.logger.warn({ advice: 'set hot_standby_feedback = on there' }, 'replica_cancels_exports');
          }
        }
        const lag = await replicaLag(this.database);
        return lag > this.config.MAX_REPLICA_LAG
          ? { state: 'down', reason: `the replica lags ${Math.round(lag)} s, more than MAX_REPLICA_LAG` }
          : { state: 'up' };
      },
    });
    this.lifecycle.onDrain('connections', 'unit of work', () => this.unitOfWork.close());
  }
}
