import { Database, DatabaseModule, replicaLag, schemaReady, UnitOfWork } from '@chip/persistence';
import { CONFIG, Health, Lifecycle, LOGGER, type Logger } from '@chip/service';
import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Gate } from './access/gate.ts';
import { KeyCheck } from './access/key-check.ts';
import { CallerRates } from './access/rate-limits.ts';
import { TokenCheck } from './access/token-check.ts';
import { AuditController } from './audit/audit.controller.ts';
import { BinsController } from './bins/bins.controller.ts';
import { DefectsController } from './defects/defects.controller.ts';
import { DiscoveryController } from './discovery/discovery.controller.ts';
import { EquipmentController } from './equipment/equipment.controller.ts';
import { ExportController } from './export/export.controller.ts';
import { InspectionsController } from './inspections/inspections.controller.ts';
import { ScheduleController } from './inspections/schedule.controller.ts';
import { LotsController } from './lots/lots.controller.ts';
import { WaferMapController } from './lots/wafer-map.controller.ts';
import { LedgerController } from './pipeline/ledger.controller.ts';
import { PipelineController } from './pipeline/pipeline.controller.ts';
import { CONNECT_TIMEOUT_MS, type QueryConfig, WRITE_CONNECTIONS } from './query.config.ts';
import { measurePool } from './query.metrics.ts';
import { PrimarySnapshots, Snapshots } from './sql/snapshots.ts';
import { EvaluateController } from './evaluate/evaluate.controller.ts';
import { CapabilityController } from './capability/capability.controller.ts';
import { SpcController } from './spc/spc.controller.ts';
import { DailySummaryController } from './summary/daily-summary.controller.ts';
import { TelemetrySeriesController } from './telemetry/telemetry-series.controller.ts';
import { TelemetrySummaryController } from './telemetry/telemetry-summary.controller.ts';
import { YieldController } from './yield/yield.controller.ts';

/** Of the connections, for statistics; lists and single things always find one of the others. */
const STATISTICS_SHARE = 0.6;

/** The database that takes writes; the same pool as for reading where there is one URL. */
const PRIMARY = Symbol('primary');

/** A pool of its own for that, null where reading has the same URL. */
const OWN_PRIMARY = Symbol('own primary');

/** Who may come, by `AUTH_MODE`. Keys are read from the primary; from where is read otherwise, while it is away. */
function openGate(
  database: Database,
  primary: Database,
  config: QueryConfig,
  logger: Logger,
  lifecycle: Lifecycle,
): Gate {
  const { AUTH_MODE, OIDC_ISSUER: issuer = '', OIDC_AUDIENCE: audience = '' } = config;
  const keys = AUTH_MODE.includes('keys')
    ? new KeyCheck(database === primary ? [primary] : [primary, database], logger)
    : undefined;
  const tokens = AUTH_MODE.includes('oidc') ? new TokenCheck({ issuer, audience }) : undefined;
  keys?.start();
  lifecycle.onDrain('connections', 'keys', () => keys?.stop());
  return new Gate(keys, tokens, new CallerRates(config.RATE_LIMITS));
}

/** Composition root of the query service: the only place that names the database. */
@Module({
  imports: [
    DatabaseModule.forRoot<QueryConfig>({
      applicationName: 'chip-query',
      url: (config) => config.READ_DATABASE_URL ?? config.DATABASE_URL,
      pool: (config) => ({ max: config.DATABASE_POOL_MAX, connectTimeoutMs: CONNECT_TIMEOUT_MS }),
    }),
    DatabaseModule.forRoot<QueryConfig>({
      token: OWN_PRIMARY,
      applicationName: 'chip-query',
      url: (config) => (config.READ_DATABASE_URL === undefined ? undefined : config.DATABASE_URL),
      pool: () => ({ max: WRITE_CONNECTIONS, connectTimeoutMs: CONNECT_TIMEOUT_MS }),
    }),
  ],
  controllers: [
    AuditController,
    BinsController,
    DailySummaryController,
    DefectsController,
    DiscoveryController,
    EquipmentController,
    EvaluateController,
    ExportController,
    InspectionsController,
    LedgerController,
    LotsController,
    PipelineController,
    ScheduleController,
    SpcController,
    CapabilityController,
    TelemetrySeriesController,
    TelemetrySummaryController,
    WaferMapController,
    YieldController,
  ],
  providers: [
    {
      provide: PRIMARY,
      inject: [Database, OWN_PRIMARY],
      useFactory: (database: Database, own: Database | null) => own ?? database,
    },
    {
      provide: UnitOfWork,
      inject: [CONFIG],
      useFactory: (config: QueryConfig) =>
        UnitOfWork.open({ url: config.DATABASE_URL, applicationName: 'chip-query', max: WRITE_CONNECTIONS }),
    },
    {
      provide: Snapshots,
      inject: [Database, CONFIG],
      useFactory: (database: Database, config: QueryConfig) =>
        new Snapshots(
          database,
          config.QUERY_TIMEOUT_MS,
          Math.max(1, Math.floor(config.DATABASE_POOL_MAX / 4)),
          Math.max(1, Math.floor(config.DATABASE_POOL_MAX * STATISTICS_SHARE)),
        ),
    },
    {
      provide: Gate,
      inject: [Database, PRIMARY, CONFIG, LOGGER, Lifecycle],
      useFactory: openGate,
    },
    {
      provide: PrimarySnapshots,
      inject: [PRIMARY, CONFIG],
      useFactory: (primary: Database, config: QueryConfig) =>
        new PrimarySnapshots(primary, config.QUERY_TIMEOUT_MS, WRITE_CONNECTIONS, WRITE_CONNECTIONS),
    },
  ],
})
export class QueryModule implements OnModuleInit {
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
