/** The way to the database: its pools, snapshots of it, and the terms that statements are made of. */
import { Database, DatabaseModule, replicaLag, schemaReady, UnitOfWork } from '@chip/persistence';
import { CONFIG, Health, Lifecycle } from '@chip/service';
import { Global, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { Registry } from 'prom-client';
import { CONNECT_TIMEOUT_MS, type QueryConfig, WRITE_CONNECTIONS } from '../query.config.ts';
import { measurePool } from '../query.metrics.ts';
import { PrimaryDatabase } from '../primary-database.ts';
import { PrimarySnapshots, Snapshots } from './snapshots.ts';

/** A pool of its own for what writes; null where reading has the same URL. */
const OWN_PRIMARY = Symbol('own primary');

const readPool = DatabaseModule.forRoot<QueryConfig>({
  applicationName: 'chip-query',
  url: (config) => config.READ_DATABASE_URL ?? config.DATABASE_URL,
  pool: (config) => ({ max: config.DATABASE_POOL_MAX, connectTimeoutMs: CONNECT_TIMEOUT_MS }),
});
const primaryPool = DatabaseModule.forRoot<QueryConfig>({
  token: OWN_PRIMARY,
  applicationName: 'chip-query',
  url: (config) => (config.READ_DATABASE_URL === undefined ? undefined : config.DATABASE_URL),
  pool: () => ({ max: WRITE_CONNECTIONS, connectTimeoutMs: CONNECT_TIMEOUT_MS }),
});

@Global()
@Module({
  imports: [readPool, primaryPool],
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
    Snapshots,
    PrimarySnapshots,
  ],
  exports: [readPool, PrimaryDatabase, UnitOfWork, Snapshots, PrimarySnapshots],
})
export class SqlModule implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly health: Health,
    private readonly lifecycle: Lifecycle,
    private readonly registry: Registry,
    @Inject(CONFIG) private readonly config: QueryConfig,
  ) {}

  onModuleInit(): void {
    measurePool(this.database, this.registry);
    // Ready to read, which is nearly all it does: a primary that is away must not take the answers away with it.
    // Live needs no indicator: a process that answers has a turning event loop, and this one has no other progress.
    this.health.addReady({
      name: 'database',
      check: async () => {
        await schemaReady(this.database);
        const lag = await replicaLag(this.database);
        return lag > this.config.MAX_REPLICA_LAG
          ? { state: 'down', reason: `the replica is ${Math.round(lag)} s behind, more than MAX_REPLICA_LAG` }
          : { state: 'up' };
      },
    });
    this.lifecycle.onDrain('connections', 'unit of work', () => this.unitOfWork.close());
  }
}
