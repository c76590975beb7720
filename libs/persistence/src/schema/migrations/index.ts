import { Inspections } from './0001-inspections.ts';
import { Telemetry } from './0002-telemetry.ts';
import { Indexes } from './0003-indexes.ts';
import { Positions } from './0004-positions.ts';
import { Rollups } from './0005-rollups.ts';
import { SchemaInfo } from './0006-schema-info.ts';
import { Summaries } from './0007-summaries.ts';
import { Retention } from './0008-retention.ts';
import { StuckCopies } from './0009-stuck-copies.ts';
import { Audit } from './0010-audit.ts';
import { UnusedIndexes } from './0011-unused-indexes.ts';
import { MaintenanceRuns } from './0012-maintenance-runs.ts';
import { YieldRetests } from './0013-yield-retests.ts';
import { MigrationsOnRecord } from './0014-migrations-on-record.ts';
import { LateHours } from './0015-late-hours.ts';
import { TopicIds } from './0016-topic-ids.ts';
import { IngestPartitions } from './0017-ingest-partitions.ts';
import { RollupsByShape } from './0018-rollups-by-shape.ts';
import { UpkeepAtSize } from './0019-upkeep-at-size.ts';
import { AttemptOrder } from './0020-attempt-order.ts';
import { UnitsOfEquipment } from './0021-units-of-equipment.ts';
import { ApiKeys } from './0022-api-keys.ts';

/** Every migration in its order. An explicit list: a glob finds nothing, or too much, once the sources are compiled. */
export const migrations = [
  { name: '0001-inspections', class: Inspections },
  { name: '0002-telemetry', class: Telemetry },
  { name: '0003-indexes', class: Indexes },
  { name: '0004-positions', class: Positions },
  { name: '0005-rollups', class: Rollups },
  { name: '0006-schema-info', class: SchemaInfo },
  { name: '0007-summaries', class: Summaries },
  { name: '0008-retention', class: Retention },
  { name: '0009-stuck-copies', class: StuckCopies },
  { name: '0010-audit', class: Audit },
  { name: '0011-unused-indexes', class: UnusedIndexes },
  { name: '0012-maintenance-runs', class: MaintenanceRuns },
  { name: '0013-yield-retests', class: YieldRetests },
  { name: '0014-migrations-on-record', class: MigrationsOnRecord },
  { name: '0015-late-hours', class: LateHours },
  { name: '0016-topic-ids', class: TopicIds },
  { name: '0017-ingest-partitions', class: IngestPartitions },
  { name: '0018-rollups-by-shape', class: RollupsByShape },
  { name: '0019-upkeep-at-size', class: UpkeepAtSize },
  { name: '0020-attempt-order', class: AttemptOrder },
  { name: '0021-units-of-equipment', class: UnitsOfEquipment },
  { name: '0022-api-keys', class: ApiKeys },
];
