import { INSPECTION_TYPES, MAX_METADATA_BYTES } from '@chip/contracts';
import { DatabaseError } from '@chip/persistence';
import { DuplicateInspectionError, UnitOfWork } from '@chip/persistence/repositories';
import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { currentRequest } from '../access/caller.ts';
import { requireOwn } from '../access/require-own.ts';
import { Needs } from '../access/rights.ts';
import { reasonText, storedName, storedText } from '../http/body.ts';
import { Creates } from '../http/documented-route.ts';
import { jsonProblem } from '../http/json-limits.ts';
import { Problem } from '../http/problem.error.ts';
import { PrimarySnapshots } from '../sql/snapshots.ts';
import { type InspectionDetail, inspectionDetail } from './inspection-answer.ts';
import { inspectionsWithHistory } from './inspection-detail.sql.ts';

const scheduleRequest = z
  .strictObject({
    site: storedText(0, 100).optional(),
    lot_id: storedName,
    chip_id: storedName,
    inspection_type: storedText(1, 50).meta({ description: `For example ${INSPECTION_TYPES.join(', ')}.` }),
    priority: z.int().min(1).max(10).optional().meta({ description: '1 to 10, default 5.' }),
    equipment_id: storedName.optional(),
    product: storedName.optional(),
    recipe: storedName.optional(),
    step: storedName.optional(),
    wafer_id: storedName.optional(),
    metadata: z
      .record(z.string(), z.unknown())
      .superRefine((metadata, context) => {
        // Checks depth first, because JSON.stringify needs a call per level.
        const problem =
          jsonProblem(metadata) ??
          (Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES
            ? `expected at most ${MAX_METADATA_BYTES} bytes of JSON`
            : undefined);
        if (problem !== undefined) {
          context.addIssue({ code: 'custom', message: problem });
        }
      })
      .optional(),
    reason: reasonText.optional().meta({ description: 'Reason, for the audit trail.' }),
  })
  .meta({
    id: 'ScheduleRequest',
    example: {
      lot_id: 'LOT-7',
      chip_id: 'W01-12-34',
      inspection_type: 'visual',
      priority: 3,
      reason: 'customer return',
    },
  });
type ScheduleRequest = z.output<typeof scheduleRequest>;

interface HeaderReply {
  header(name: string, value: string): unknown;
}

@ApiTags('Inspections')
@Controller('v1/inspections')
export class ScheduleController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly snapshots: PrimarySnapshots,
  ) {}

  @Post()
  @Needs('schedule')
  @HttpCode(201)
  @Creates(inspectionDetail, {
    summary: 'Schedule an inspection',
    description:
      'Creates a pending inspection. Machine events for the same lot, chip and type continue it. There is one inspection per lot, chip and type.',
    notFound: 'The inspection was removed right after it was stored.',
    conflict: '`duplicate_inspection`: the chip already has an inspection of this type; `Location` leads to it.',
  })
  async scheduleInspection(
    @Body({ schema: scheduleRequest }) { reason, ...data }: ScheduleRequest,
    @Res({ passthrough: true }) reply: HeaderReply,
  ): Promise<InspectionDetail> {
    requireOwn(data);
    const id = await this.#schedule(data, reason ?? 'scheduled through the API', reply);
    const [inspection] = await this.snapshots.read((snapshot) => inspectionsWithHistory(snapshot, [id]));
    if (!inspection) {
      throw new Problem(404, 'not_found', 'the inspection was removed right after it was scheduled');
    }
    reply.header('location', `/v1/inspections/${id}`);
    return inspection;
  }

  async #schedule(data: Omit<ScheduleRequest, 'reason'>, reason: string, reply: HeaderReply): Promise<string> {
    const { caller } = currentRequest();
    try {
      return await this.unitOfWork.run(async ({ inspections, audit }) => {
        const { id } = await inspections.create(definedOf(data));
        await audit.append({
          stream: 'api',
          actor: caller.subject,
          action: 'inspection.create',
          subject: `inspection:${id}`,
          reason,
          newValue: data,
        });
        return id;
      });
    } catch (error) {
      if (error instanceof DuplicateInspectionError) {
        reply.header('location', `/v1/inspections/${error.inspectionId}`);
        throw new Problem(409, 'duplicate_inspection', 'this chip already has an inspection of this type');
      }
      // inspection_type is the only reference that the caller chooses freely.
      if (error instanceof DatabaseError && error.sqlstate === '23503') {
        throw new Problem(400, 'invalid_body', 'inspection_type is unknown', [
          { parameter: '/inspection_type', message: 'is unknown' },
        ]);
      }
      throw this.snapshots.translated(error);
    }
  }
}

/** Drops undefined members: the repository distinguishes absent properties from undefined ones. */
const definedOf = <T extends object>(data: T) =>
  Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
