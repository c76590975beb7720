import { Injectable } from '@nestjs/common';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { readyToCount } from '../attempts/ready-to-count.ts';
import { findLot, requireWafer } from '../lots/lot.sql.ts';
import { type WaferPath } from '../maps/map-answer.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { MAX_DEFECTS, type WaferDefectsAnswer, type WaferDefectsParameters } from './wafer-defects-answer.ts';
import { defectsOfWafer } from './wafer-defects.sql.ts';

/** Finds the defects of a wafer where they lie. */
@Injectable()
export class WaferDefectsQuery {
  constructor(private readonly snapshots: Snapshots) {}

  defects({ lot_id, wafer_id }: WaferPath, { site, ...asked }: WaferDefectsParameters): Promise<WaferDefectsAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const lot = await findLot(snapshot, lot_id, site);
      await requireWafer(snapshot, lot.id, wafer_id);
      const question = await readyToCount(snapshot, asked);
      const place = { lot: lot.id, wafer: wafer_id };
      const defects = await defectsOfWafer(snapshot, question, place, MAX_DEFECTS + 1);
      return {
        definition: `Defects found by the counted attempts on dice with a position. ${describeChoice(question, 'operation')}`,
        definition_id: 'defects.wafer/1',
        site: lot.site,
        lot_id,
        wafer_id,
        defects: defects.slice(0, MAX_DEFECTS),
        is_truncated: defects.length > MAX_DEFECTS,
      };
    });
  }
}
