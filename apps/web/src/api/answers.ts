/** Names for parts of the answers. */
import { type Inspection, type LotMap, type Pipeline, type WaferMap, type Yield } from '@chip/client';

/** What every aggregate states about itself. */
export type Explained = Partial<Pick<Yield, 'as_of' | 'definition' | 'definition_id' | 'warning'>>;

/** x, y and the value of one die. */
export type Die = readonly [x: number, y: number, value: WaferMap['dies'][number][2]];
/** x, y, the fraction of wafers on which the die fails, and the wafers on which it was tested. */
export type StackedDie = LotMap['dies'][number];
export type Geometry = NonNullable<WaferMap['geometry']>;

export type YieldGroup = Yield['groups'][number];
export type Standstill = Pipeline['ingest'][number];
export type TopicProgress = Pipeline['topics'][number];
export type Attempt = Inspection['attempts'][number];
export type Measurement = Inspection['measurements'][number];
export type Defect = Inspection['defects'][number];
