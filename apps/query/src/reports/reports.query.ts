import { createHash } from 'node:crypto';
import { readAsOf } from '@chip/persistence';
import { UnitOfWork } from '@chip/persistence/repositories';
import { Injectable } from '@nestjs/common';
import { currentRequest } from '../access/caller.ts';
import { readPage } from '../http/cursor.ts';
import { Problem } from '../http/problem.error.ts';
import { PrimarySnapshots, Snapshots } from '../sql/snapshots.ts';
import {
  type ListParameters,
  type ReportAnswer,
  type ReportPage,
  type ReportRequest,
  type ReportResult,
} from './report-answer.ts';
import { ReportSections } from './report-sections.ts';
import { listReports, reportById } from './reports.sql.ts';

/** Largest result, bytes: a lot of 100,000 dies with twenty charts has room. */
const MAX_RESULT_BYTES = 16 * 1024 * 1024;

/** Makes reports, which nothing can change afterwards, and finds them again. */
@Injectable()
export class ReportsQuery {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly primary: PrimarySnapshots,
    private readonly unitOfWork: UnitOfWork,
    private readonly sections: ReportSections,
  ) {}

  list(parameters: ListParameters): Promise<ReportPage> {
    return this.snapshots.read((snapshot) =>
      readPage(
        parameters,
        (after, limit) => listReports(snapshot, parameters, after, limit),
        ({ created_at, id }) => ({ time: created_at, id }),
      ),
    );
  }

  one(id: string): Promise<ReportAnswer> {
    return this.#read(this.snapshots, id, 'there is no report with this id');
  }

  async create({ reason, ...request }: ReportRequest): Promise<ReportAnswer> {
    const result = await this.snapshots.together(async (snapshot): Promise<ReportResult> => {
      const as_of = await readAsOf(snapshot);
      const sections = await this.sections.answer({ ...request, reason });
      return { name: request.name, parameters: request, as_of, sections };
    });
    const text = JSON.stringify(result);
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_RESULT_BYTES) {
      throw new Problem(400, 'invalid_body', `the report has ${bytes} bytes, more than ${MAX_RESULT_BYTES}: narrow it`);
    }
    const id = await this.#store(request, result, text, reason);
    return this.#read(this.primary, id, 'the report was removed right after it was stored');
  }

  async #read(from: Snapshots, id: string, absence: string): Promise<ReportAnswer> {
    const found = await from.read((snapshot) => reportById(snapshot, id));
    if (!found) {
      throw new Problem(404, 'not_found', absence);
    }
    return { ...found, result: JSON.parse(found.result) as ReportResult };
  }

  async #store(
    request: Omit<ReportRequest, 'reason'>,
    { as_of }: ReportResult,
    result: string,
    reason: string,
  ): Promise<string> {
    const actor = currentRequest().caller.subject;
    const sha256 = createHash('sha256').update(result).digest();
    return this.primary.write(() =>
      this.unitOfWork.run(async ({ reports, audit }) => {
        const { name } = request;
        const report = { name, query: '/v1/reports', parameters: request, as_of, result, sha256, created_by: actor };
        const id = await reports.create(report);
        const newValue = { parameters: request, sha256: sha256.toString('hex') };
        await audit.append({
          stream: 'api',
          actor,
          action: 'report.create',
          subject: `report:${id}`,
          reason,
          newValue,
        });
        return id;
      }),
    );
  }
}
