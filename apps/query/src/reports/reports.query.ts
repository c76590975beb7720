import { createHash } from 'node:crypto';
import { type AsOf, readAsOf } from '@chip/persistence';
import { UnitOfWork } from '@chip/persistence/repositories';
import { Injectable } from '@nestjs/common';
import { currentRequest } from '../access/caller.ts';
import { readPage } from '../http/cursor.ts';
import { jsonSteps } from '../http/json-text.ts';
import { inTurns } from '../http/next-turn.ts';
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
    const { as_of, text } = await this.snapshots.together(async (snapshot) => {
      const as_of = await readAsOf(snapshot);
      const head = JSON.stringify({ name: request.name, parameters: request, as_of });
      const sections = await this.#sectionsOf({ ...request, reason });
      return { as_of, text: `${head.slice(0, -1)},"sections":[${sections.join(',')}]}` };
    });
    const id = await this.#store(request, as_of, text, reason);
    return this.#read(this.primary, id, 'the report was removed right after it was stored');
  }

  /** As texts, each written before the next section is computed: twenty whole charts would not fit in memory. */
  async #sectionsOf(request: ReportRequest): Promise<string[]> {
    const texts: string[] = [];
    let bytes = 0;
    for await (const section of this.sections.answers(request)) {
      const text = await inTurns(jsonSteps(section));
      bytes += Buffer.byteLength(text);
      if (bytes > MAX_RESULT_BYTES) {
        throw new Problem(400, 'invalid_body', `the report has more than ${MAX_RESULT_BYTES} bytes: narrow it`);
      }
      texts.push(text);
    }
    return texts;
  }

  async #read(from: Snapshots, id: string, absence: string): Promise<ReportAnswer> {
    const found = await from.read((snapshot) => reportById(snapshot, id));
    if (!found) {
      throw new Problem(404, 'not_found', absence);
    }
    return { ...found, result: JSON.parse(found.result) as ReportResult };
  }

  async #store(request: Omit<ReportRequest, 'reason'>, as_of: AsOf, result: string, reason: string): Promise<string> {
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
