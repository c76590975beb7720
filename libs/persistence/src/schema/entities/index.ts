import { InspectionEntity } from './inspection.entity.ts';
import { LotEntity } from './lot.entity.ts';

/** What the API stores through entities. Everything else, the load path above all, is plain SQL. */
export const ENTITIES = [LotEntity, InspectionEntity];
