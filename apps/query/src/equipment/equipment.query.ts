import { formatTime, parseTime } from '@chip/contracts';
import { Injectable } from '@nestjs/common';
import { decodeCursor, encodeCursor } from '../http/cursor.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { type CompareAnswer, type CompareParameters, answerComparison } from './comparison.ts';
import { unitsOfEquipment } from './equipment-units.sql.ts';
import { samplesOfEquipment } from './lot-yields.sql.ts';
import { type EquipmentPath, type UnitsPage, type UnitsParameters } from './units-answer.ts';

/** Compares equipment, and lists what one machine touched. */
@Injectable()
export class EquipmentQuery {
  constructor(private readonly snapshots: Snapshots) {}

  compare(parameters: CompareParameters): Promise<CompareAnswer> {
    return this.snapshots.answer(async (snapshot) =>
      answerComparison(await samplesOfEquipment(snapshot, parameters, parameters.sample), parameters),
    );
  }

  async units({ equipment_id }: EquipmentPath, { limit, cursor, ...range }: UnitsParameters): Promise<UnitsPage> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const items = await this.snapshots.read((snapshot) =>
      unitsOfEquipment(snapshot, equipment_id, range, after, limit + 1),
    );
    const last = items.length > limit ? items[limit - 1] : undefined;
    return {
      items: items.slice(0, limit),
      next_cursor: last ? encodeCursor({ time: formatTime(parseTime(last.occurred_at)), id: last.event_id }) : null,
    };
  }
}
