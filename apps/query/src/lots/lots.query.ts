import { Injectable } from '@nestjs/common';
import { readPage } from '../http/cursor.ts';
import { Problem } from '../http/problem.error.ts';
import { inspectionsWithHistory } from '../inspections/inspection-detail.sql.ts';
import { Snapshots } from '../sql/snapshots.ts';
import {
  type ListParameters,
  type LotAnswer,
  type LotPage,
  type LotPath,
  type PartAnswer,
  type PartPath,
  type SiteOnly,
} from './lot-answer.ts';
import { listLots } from './lot-list.sql.ts';
import { findLot, historyOfLot, wafersOfLot } from './lot.sql.ts';

/** Lists lots, and reads one lot or one of its chips. */
@Injectable()
export class LotsQuery {
  constructor(private readonly snapshots: Snapshots) {}

  list(parameters: ListParameters): Promise<LotPage> {
    return this.snapshots.read((snapshot) =>
      readPage(
        parameters,
        (after, limit) => listLots(snapshot, parameters, after, limit),
        ({ created_at, id }) => ({ time: created_at, id }),
      ),
    );
  }

  one({ lot_id }: LotPath, { site }: SiteOnly): Promise<LotAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const found = await findLot(snapshot, lot_id, site);
      const [wafers, history] = await Promise.all([wafersOfLot(snapshot, found.id), historyOfLot(snapshot, found.id)]);
      return {
        definition:
          'wafers: current state of each inspection (its last attempt with a result). history: every attempt, in any state, by step, type, equipment, recipe and product.',
        definition_id: 'lot.state/1',
        ...found,
        wafers,
        history,
      };
    });
  }

  part({ lot_id, chip_id }: PartPath, { site }: SiteOnly): Promise<PartAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const found = await findLot(snapshot, lot_id, site);
      const ids = await snapshot.query<{ id: string }>(
        'SELECT id FROM inspections WHERE lot_id = $1 AND chip_id = $2',
        [found.id, chip_id],
      );
      if (ids.length === 0) {
        throw new Problem(404, 'not_found', 'there is no such chip in this lot');
      }
      const inspections = await inspectionsWithHistory(
        snapshot,
        ids.map(({ id }) => id),
      );
      return { site: found.site, lot_id: found.lot_id, chip_id, inspections };
    });
  }
}
