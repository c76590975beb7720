import { AuditEntryEntity } from './audit-entry.entity.ts';
import { DefectEntity } from './defect.entity.ts';
import { InspectionAttemptEntity } from './inspection-attempt.entity.ts';
import { InspectionEntity } from './inspection.entity.ts';
import { LotEntity } from './lot.entity.ts';
import { ParameterEntity } from './parameter.entity.ts';
import { PartEntity } from './part.entity.ts';
import { ReportEntity } from './report.entity.ts';
import { WaferEntity } from './wafer.entity.ts';

/** The tables of the OLTP side. The load path, roll-ups and positions are plain SQL. */
export const entities = [
  LotEntity,
  WaferEntity,
  PartEntity,
  InspectionEntity,
  InspectionAttemptEntity,
  DefectEntity,
  ReportEntity,
  ParameterEntity,
  AuditEntryEntity,
];
