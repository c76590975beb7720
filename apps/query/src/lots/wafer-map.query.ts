import { Injectable } from '@nestjs/common';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { readyToCount } from '../attempts/ready-to-count.ts';
import { Problem } from '../http/problem.error.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { type LotPath } from './lot-answer.ts';
import { findLot } from './lot.sql.ts';
import {
  type LotMapAnswer,
  type LotMapParameters,
  type WaferMapAnswer,
  type WaferMapParameters,
  type WaferPath,
} from './wafer-map-answer.ts';
import { diesOfLot, diesOfWafer } from './wafer-map.sql.ts';

/** Maps dies by position, for one wafer or stacked across a lot. */
@Injectable()
export class WaferMapQuery {
  constructor(private readonly snapshots: Snapshots) {}

  wafer({ lot_id, wafer_id }: WaferPath, parameters: WaferMapParameters): Promise<WaferMapAnswer> {
    const { value, site, mix, ...filters } = parameters;
    return this.snapshots.answer(async (snapshot) => {
      const lot = await findLot(snapshot, lot_id, site);
      const [wafer] = await snapshot.query('SELECT 1 FROM wafers WHERE lot_id = $1 AND wafer_id = $2', [
        lot.id,
        wafer_id,
      ]);
      if (!wafer) {
        throw new Problem(404, 'not_found', 'there is no such wafer in this lot');
      }
      const question = await readyToCount(snapshot, { ...filters, mix: mix === 'yes', lot: lot.id });
      const dies = await diesOfWafer(snapshot, question, wafer_id, value);
      return {
        definition: `Per die position (x, y): ${value} of the counted attempt; dies whose attempt has no such value are excluded. ${describeChoice(question, 'operation')}`,
        definition_id: 'map.wafer/2',
        site: lot.site,
        lot_id,
        wafer_id,
        value,
        ...boundsOf(dies),
        dies: dies.map((die) => [die.x, die.y, die.value]),
      };
    });
  }

  lot({ lot_id }: LotPath, parameters: LotMapParameters): Promise<LotMapAnswer> {
    const { site, mix, ...filters } = parameters;
    return this.snapshots.answer(async (snapshot) => {
      const lot = await findLot(snapshot, lot_id, site);
      const question = await readyToCount(snapshot, { ...filters, mix: mix === 'yes', lot: lot.id });
      const dies = await diesOfLot(snapshot, question);
      return {
        definition: `Per die position (x, y): ${question.policy === 'all' ? 'failing attempts / attempts' : 'wafers on which the die fails / wafers on which it was tested'}. ${describeChoice(question, 'operation')}`,
        definition_id: 'map.lot/2',
        site: lot.site,
        lot_id,
        ...boundsOf(dies),
        dies: dies.map((die) => [die.x, die.y, die.failed / die.tested, die.tested]),
      };
    });
  }
}

/** Avoids Math.min(...): a wafer may have more dies than a call takes arguments. */
function boundsOf(
  dies: readonly { x: number; y: number }[],
): Pick<WaferMapAnswer, 'x_min' | 'x_max' | 'y_min' | 'y_max'> {
  if (dies.length === 0) {
    return { x_min: null, x_max: null, y_min: null, y_max: null };
  }
  const bounds = { x_min: Infinity, x_max: -Infinity, y_min: Infinity, y_max: -Infinity };
  for (const { x, y } of dies) {
    bounds.x_min = Math.min(bounds.x_min, x);
    bounds.x_max = Math.max(bounds.x_max, x);
    bounds.y_min = Math.min(bounds.y_min, y);
    bounds.y_max = Math.max(bounds.y_max, y);
  }
  return bounds;
}
