import { AnnotationEntity } from './annotation.entity.ts';
import { ControlLimitsEntity } from './control-limits.entity.ts';
import { InspectionEntity } from './inspection.entity.ts';
import { LotEntity } from './lot.entity.ts';
import { ParameterEntity } from './parameter.entity.ts';
import { ProductionCalendarEntity } from './production-calendar.entity.ts';
import { WaferGeometryEntity } from './wafer-geometry.entity.ts';

/** What the API stores through entities. Everything else, above all the load path, is plain SQL. */
export const ENTITIES = [
  LotEntity,
  InspectionEntity,
  ParameterEntity,
  ControlLimitsEntity,
  ProductionCalendarEntity,
  WaferGeometryEntity,
  AnnotationEntity,
];
