/** The database for a Nest service: one pool, closed by the drain. */
import { readFileSync } from 'node:fs';
import { Lifecycle, type Logger, watchCertificate } from '@chip/service';
import { CONFIG, LOGGER } from '@chip/service/nest';
import { type DynamicModule, Inject, type InjectionToken, Module, type OnModuleInit, Optional } from '@nestjs/common';
import { Registry } from 'prom-client';
import { certificateFiles } from '../connection/database-url.ts';
import { Database, type DatabaseOptions } from '../connection/database.ts';

export interface DatabaseModuleOptions<Config> {
  /** Injection token, if a service has more than one pool. Default: {@link Database}. */
  readonly token?: InjectionToken;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Undefined: the service runs without this database and gets null. */
  readonly url: (config: Config) => string | undefined;
  readonly pool: (config: Config) => Omit<DatabaseOptions, 'applicationName' | 'url' | 'onIdleError'>;
}

const POOL = Symbol('pool');

/** Provides one pool, and closes it after everything that registered its drain during creation, such as caches. */
@Module({})
export class DatabaseModule implements OnModuleInit {
  readonly #pool: Database | null;
  readonly #lifecycle: Lifecycle;

  constructor(@Optional() @Inject(POOL) pool: Database | null, lifecycle: Lifecycle) {
    this.#pool = pool;
    this.#lifecycle = lifecycle;
  }

  static forRoot<Config>({
    token = Database,
    applicationName,
    url,
    pool,
  }: DatabaseModuleOptions<Config>): DynamicModule {
    const open = (config: Config, logger: Logger, registry: Registry): Database | null => {
      const found = url(config);
      if (found === undefined) {
        return null;
      }
      const database = new Database({
        ...pool(config),
        url: found,
        applicationName,
        onIdleError: (error) => logger.warn({ err: error }, 'database_connection_lost'),
      });
      for (const { parameter, file } of certificateFiles(found)) {
        watchCertificate(registry, parameter, () => readFileSync(file, 'utf8'));
      }
      return database;
    };
    return {
      module: DatabaseModule,
      providers: [
        { provide: POOL, inject: [CONFIG, LOGGER, Registry], useFactory: open },
        { provide: token, useExisting: POOL },
      ],
      exports: [token],
    };
  }

  onModuleInit(): void {
    this.#lifecycle.onDrain('connections', 'database', () => this.#pool?.close());
  }
}
