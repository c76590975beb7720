/** What the repositories stand on: MikroORM with the entities. Loaded with the first write of a process, see UnitOfWork. */
import { EntityCaseNamingStrategy, type EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { appendAudit, type AuditEntry } from '../audit/audit.ts';
import { databaseName } from '../connection/database-url.ts';
import type { DatabaseOptions, Queryable } from '../connection/database.ts';
import { ormDialect } from '../connection/orm-dialect.ts';
import { ENTITIES } from '../schema/entities/index.ts';
import { type Parameter, ParameterEntity } from '../schema/entities/parameter.entity.ts';
import { type ProductionCalendar, ProductionCalendarEntity } from '../schema/entities/production-calendar.entity.ts';
import { type WaferGeometry, WaferGeometryEntity } from '../schema/entities/wafer-geometry.entity.ts';
import { AnnotationRepository } from './annotation.repository.ts';
import { ControlLimitsRepository } from './control-limits.repository.ts';
import { InspectionRepository } from './inspection.repository.ts';
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

export interface OpenedOrm {
  /** For one transaction. */
  begin(): { em: EntityManager; repositories: Repositories };
  close(): Promise<void>;
}

export function openOrm(options: UnitOfWorkOptions): OpenedOrm {
  // Unlike MikroORM.init, the constructor loads no extension that happens to be installed.
  const orm = new MikroORM({
    clientUrl: options.url,
    dbName: databaseName(options.url),
    driverOptions: ormDialect(options),
    entities: ENTITIES,
    namingStrategy: EntityCaseNamingStrategy,
    connect: false,
    ensureDatabase: false,
  } as ConstructorParameters<typeof MikroORM>[0]);
  return {
    begin: () => {
      const em = orm.em.fork() as EntityManager;
      return { em, repositories: repositoriesOf(em) };
    },
    close: () => orm.close(true),
  };
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
