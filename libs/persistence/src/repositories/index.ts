/** What the query service keeps, by MikroORM, which the first write loads. */
export type { Parameter } from '../schema/entities/parameter.entity.ts';
export type { ProductionCalendar, Shift } from '../schema/entities/production-calendar.entity.ts';
export type { WaferGeometry } from '../schema/entities/wafer-geometry.entity.ts';
export type * from './annotation.repository.ts';
export type * from './control-limits.repository.ts';
export * from './duplicate-inspection.error.ts';
export type * from './inspection.repository.ts';
export * from './unit-of-work.ts';
export type * from './version.repository.ts';
