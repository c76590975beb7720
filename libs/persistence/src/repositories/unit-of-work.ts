/** One writing request of the API as one transaction. */
import { retry } from '@chip/service';
import { EntityCaseNamingStrategy, type EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { appendAudit, type AuditEntry } from '../audit/audit.ts';
import { CommitUnknownError, DatabaseError, driverError, toDatabaseError } from '../connection/database-error.ts';
import { databaseName } from '../connection/database-url.ts';
import { type DatabaseOptions, type Queryable } from '../connection/database.ts';
import { ENTITIES } from '../schema/entities/index.ts';
import { ormDialect } from '../connection/orm-dialect.ts';
import { AnnotationRepository } from './annotation.repository.ts';
import { ControlLimitsRepository } from './control-limits.repository.ts';
import { InspectionRepository } from './inspection.repository.ts';
import { type Parameter, ParameterEntity } from '../schema/entities/parameter.entity.ts';
import { type ProductionCalendar, ProductionCalendarEntity } from '../schema/entities/production-calendar.entity.ts';
import { type WaferGeometry, WaferGeometryEntity } from '../schema/entities/wafer-geometry.entity.ts';
import { ReportRepository } from './report.repository.ts';
import { VersionRepository } from './version.repository.ts';

/** What one request may change, all in one transaction. */
export interface Repositories {
  inspections: InspectionRepository;
  parameters: VersionRepository<Parameter>;
  controlLimits: ControlLimitsRepository;
  annotations: AnnotationRepository;
  reports: ReportRepository;
  calendars: VersionRepository<ProductionCalendar>;
  geometries: VersionRepository<WaferGeometry>;
  /** In the same transaction; see appendAudit. */
  audit: { append(entry: AuditEntry): Promise<number> };
}

export interface UnitOfWorkOptions extends Pick<DatabaseOptions, 'url' | 'applicationName' | 'max' | 'queryTimeoutMs'> {
  /** Total time for attempts at the same work after transient failures. Default 5 s. */
  retryBudgetMs?: number;
}

/**
 * The entities on their own pool, safe through PgBouncer in transaction mode. One writing request is one {@link run}:
 * it commits when its work resolves, rolls back when it throws, and always releases the connection.
 */
export class UnitOfWork {
  readonly #orm: MikroORM;
  readonly #retryBudgetMs: number;

  private constructor(orm: MikroORM, retryBudgetMs: number) {
    this.#orm = orm;
    this.#retryBudgetMs = retryBudgetMs;
  }

  /** Does not connect yet: an unreachable server, or a replica (25006), shows on first use. */
  static async open(options: UnitOfWorkOptions): Promise<UnitOfWork> {
    const orm = await MikroORM.init({
      clientUrl: options.url,
      dbName: databaseName(options.url),
      driverOptions: ormDialect(options),
      entities: ENTITIES,
      namingStrategy: EntityCaseNamingStrategy,
      connect: false,
      ensureDatabase: false,
    } as Parameters<typeof MikroORM.init>[0]);
    return new UnitOfWork(orm as MikroORM, options.retryBudgetMs ?? 5_000);
  }

  /**
   * @param work repeated from its beginning after a deadlock, a failover or a lost connection: it must change nothing
   * outside the database
   * @throws CommitUnknownError, DatabaseError, or whatever `work` throws
   */
  async run<T>(work: (repositories: Repositories) => Promise<T>): Promise<T> {
    return retry(() => this.#attempt(work), { budgetMs: this.#retryBudgetMs });
  }

  async #attempt<T>(work: (repositories: Repositories) => Promise<T>): Promise<T> {
    const em = this.#orm.em.fork() as EntityManager;
    let result: T;
    try {
      await em.begin();
      result = await work(repositoriesOf(em));
      await em.flush();
    } catch (error) {
      if (em.isInTransaction()) {
        await em.rollback();
      }
      throw translate(error);
    }
    try {
      await em.commit();
    } catch (error) {
      const failure = translate(error);
      const unknown = failure instanceof DatabaseError && failure.connectionLost;
      // Releases the connection.
      if (em.isInTransaction()) {
        await em.rollback();
      }
      throw unknown ? new CommitUnknownError(failure) : failure;
    }
    return result;
  }

  async close(): Promise<void> {
    await this.#orm.close(true);
  }
}

/** Passes unchanged what `work` itself throws. */
function translate(error: unknown): unknown {
  const translated = toDatabaseError(driverError(error));
  const foreign = translated instanceof DatabaseError && translated.kind === 'bug' && translated.sqlstate === '';
  return foreign ? error : translated;
}

function repositoriesOf(em: EntityManager): Repositories {
  const transaction: Queryable = {
    // MikroORM uses question marks as placeholders; our statements number theirs, in order and once each.
    query: async <T extends object>(text: string, parameters: readonly unknown[] = []): Promise<T[]> =>
      em.execute<T[]>(text.replaceAll(/\$\d+/g, '?'), parameters as unknown[]),
  };
  return {
    inspections: new InspectionRepository(em),
    parameters: new VersionRepository(em, ParameterEntity, 'parameters'),
    controlLimits: new ControlLimitsRepository(em),
    annotations: new AnnotationRepository(em),
    reports: new ReportRepository(transaction),
    calendars: new VersionRepository(em, ProductionCalendarEntity, 'production_calendars'),
    geometries: new VersionRepository(em, WaferGeometryEntity, 'wafer_geometries'),
    audit: { append: (entry) => appendAudit(transaction, entry) },
  };
}
