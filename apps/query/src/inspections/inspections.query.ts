import { formatTime, parseTime } from '@chip/contracts';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../http/cursor.ts';
import { Problem } from '../http/problem.error.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { type InspectionDetail, type InspectionPage } from './inspection-answer.ts';
import { inspectionsWithHistory } from './inspection-detail.sql.ts';
import { listInspections } from './inspection-list.sql.ts';
import { type ListParameters, METADATA_KEY, inspectionPath } from './inspection-parameters.ts';

const METADATA_PREFIX = 'metadata.';

/** Lists inspections, and shows one with its history. */
@Injectable()
export class InspectionsQuery {
  constructor(private readonly snapshots: Snapshots) {}

  async list(parameters: ListParameters): Promise<InspectionPage> {
    const { limit, cursor, ...filters } = parameters;
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const metadata = Object.fromEntries(
      Object.entries(filters)
        .filter((entry): entry is [string, string] => METADATA_KEY.test(entry[0]))
        .map(([name, value]) => [name.slice(METADATA_PREFIX.length), value]),
    );
    // One more than asked for tells whether there is a next page.
    const items = await this.snapshots.read((snapshot) =>
      listInspections(snapshot, { ...filters, metadata }, after, limit + 1),
    );
    const last = items.length > limit ? items[limit - 1] : undefined;
    return {
      items: items.slice(0, limit),
      next_cursor: last ? encodeCursor({ time: formatTime(parseTime(last.created_at)), id: last.id }) : null,
    };
  }

  async one({ id }: z.output<typeof inspectionPath>): Promise<InspectionDetail> {
    const [inspection] = await this.snapshots.read((snapshot) => inspectionsWithHistory(snapshot, [id]));
    if (!inspection) throw new Problem(404, 'not_found', 'there is no inspection with this id');
    return inspection;
  }
}
