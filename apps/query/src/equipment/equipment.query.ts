import { Injectable } from '@nestjs/common';
import { readyToCount } from '../attempts/ready-to-count.ts';
import { readPage } from '../http/cursor.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { type CompareAnswer, type CompareParameters, answerComparison } from './comparison.ts';
import { isPlace, placeOf, unitsOfEquipment } from './equipment-units.sql.ts';
import { samplesOfEquipment } from './lot-yields.sql.ts';
import { type EquipmentPath, type UnitsPage, type UnitsParameters } from './units-answer.ts';

/** Compares equipment, and lists the units that one machine touched. */
@Injectable()
export class EquipmentQuery {
  constructor(private readonly snapshots: Snapshots) {}

  compare(asked: CompareParameters): Promise<CompareAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const parameters = await readyToCount(snapshot, asked);
      return answerComparison(await samplesOfEquipment(snapshot, parameters, parameters.sample), parameters);
    });
  }

  units({ equipment_id }: EquipmentPath, parameters: UnitsParameters): Promise<UnitsPage> {
    return this.snapshots.read(async (snapshot) => {
      const { items, next_cursor } = await readPage(
        parameters,
        (after, limit) => unitsOfEquipment(snapshot, equipment_id, parameters, after, limit),
        placeOf,
        isPlace,
      );
      return { items: items.map(({ place: _, ...unit }) => unit), next_cursor };
    });
  }
}
