import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { readPage } from '../http/cursor.ts';
import { Problem } from '../http/problem.error.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { type InspectionDetail, type InspectionPage } from './inspection-answer.ts';
import { inspectionsWithHistory } from './inspection-detail.sql.ts';
import { listInspections } from './inspection-list.sql.ts';
import { inspectionPath, type ListParameters, metadataFilters } from './inspection-parameters.ts';

/** Lists inspections, and reads one with its history. */
@Injectable()
export class InspectionsQuery {
  constructor(private readonly snapshots: Snapshots) {}

  list(parameters: ListParameters): Promise<InspectionPage> {
    const { limit: _limit, cursor: _cursor, ...filters } = parameters;
    const metadata = metadataFilters.of(filters);
    return this.snapshots.read((snapshot) =>
      readPage(
        parameters,
        (after, limit) => listInspections(snapshot, { ...filters, metadata }, after, limit),
        ({ created_at, id }) => ({ time: created_at, id }),
      ),
    );
  }

  async one({ id }: z.output<typeof inspectionPath>): Promise<InspectionDetail> {
    const [inspection] = await this.snapshots.read((snapshot) => inspectionsWithHistory(snapshot, [id]));
    if (!inspection) {
      throw new Problem(404, 'not_found', 'there is no inspection with this id');
    }
    return inspection;
  }
}
