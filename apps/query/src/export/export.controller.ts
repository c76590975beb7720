import { type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { INSPECTION_RESULTS, INSPECTION_STATUSES } from '@chip/contracts';
import { UnitOfWork } from '@chip/persistence/repositories';
import { type Logger } from '@chip/service';
import { CONFIG, LOGGER } from '@chip/service/nest';
import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { currentRequest } from '../access/caller.ts';
import { Needs } from '../access/rights.ts';
import { StreamsRows } from '../http/documented-route.ts';
import { Problem } from '../http/problem.error.ts';
import {
  attemptParameters,
  endsInOrder,
  nameParameter,
  requiredTimeRange,
  timeRange,
  unitFilters,
} from '../http/parameters.ts';
import { type QueryConfig } from '../query.config.ts';
import { Snapshots, TelemetrySnapshots } from '../sql/snapshots.ts';
import { telemetryFilters } from '../telemetry/telemetry-parameters.ts';
import {
  type ExportQuery,
  hasOwnMeasurements,
  inspectionRows,
  isKnown,
  measurementRows,
  telemetryRows,
} from './export.sql.ts';
import { ReaderPace } from './reader-pace.ts';
import { arrowWriter } from './arrow-format.ts';
import { parquetWriter } from './parquet-format.ts';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportRow,
  MEDIA_TYPES,
  type RowWriter,
  textWriter,
} from './row-format.ts';

const format = {
  format: z.enum(EXPORT_FORMATS).default('csv').meta({
    description:
      'csv: RFC 4180 with a header line; null is empty, empty text is "". ndjson: one JSON object per line. parquet: typed columns, times in microseconds (UTC), texts as stored, compressed with Zstandard. arrow: the same columns and types as an Arrow IPC stream.',
    example: 'csv',
  }),
  raw: z.literal('1').optional().meta({
    description:
      '1: texts exactly as stored, for programs. By default an apostrophe precedes CSV text that a spreadsheet would run as a formula (it begins with =, +, -, @, tab or return).',
    example: '1',
  }),
  bom: z.literal('1').optional().meta({
    description: '1: CSV begins with a byte order mark, so that Excel reads it as UTF-8. Other formats never have one.',
    example: '1',
  }),
  count: z.literal('1').optional().meta({
    description:
      '1: csv ends with a line `# rows: n`, ndjson with `{"rows":n}`, so that a client that cannot read trailers knows that nothing is missing. Parquet and Arrow state it by themselves.',
    example: '1',
  }),
};

const order = z.literal('time').optional().meta({
  description:
    'time: ascending by time; else in no particular order, which is faster. A download that was cut goes on with `from` = the time of its last row, whose rows come again: drop those that you have. Rows of the same time always come in the same order.',
  example: 'time',
});

/** Formats in which an option means something. */
const FORMATS_OF = { raw: ['csv'], bom: ['csv'], count: ['csv', 'ndjson'] } as const satisfies Record<
  string,
  readonly ExportFormat[]
>;
type TextParameters = { readonly format: ExportFormat } & {
  readonly [option in keyof typeof FORMATS_OF]?: string | undefined;
};

function optionsFit(given: TextParameters, context: z.RefinementCtx): void {
  for (const [option, formats] of Object.entries(FORMATS_OF) as [keyof typeof FORMATS_OF, readonly ExportFormat[]][]) {
    if (given[option] !== undefined && !formats.includes(given.format)) {
      context.addIssue({
        code: 'custom',
        path: [option],
        message: `applies to format=${formats.join(' or ')}, not to ${given.format}`,
      });
    }
  }
}

const inspectionParameters = z
  .strictObject({
    ...format,
    status: z.enum(INSPECTION_STATUSES).optional().meta({ description: 'State of the run.', example: 'completed' }),
    result: z.enum(INSPECTION_RESULTS).optional().meta({ description: 'Verdict on the chip.', example: 'fail' }),
    ...unitFilters,
    ...timeRange('created_at', { from: '2008-07-01T00:00:00Z', to: '2008-11-01T00:00:00Z' }),
    after: z.uuid().optional().meta({
      description:
        'Goes on behind the inspection with this id: the last one of a download that was cut. A new snapshot, in the order of created_at, which is machine time: an inspection that since then arrived with an earlier time, or got one by a late event, is in neither part.',
      example: '01920000-0000-7000-8000-000000000000',
    }),
  })
  .superRefine(endsInOrder)
  .superRefine(optionsFit);
const measurementParameters = z
  .strictObject({
    ...format,
    order,
    name: nameParameter('Name of the measurement.', 's000', 200).optional(),
    ...attemptParameters,
    ...timeRange('its time', { from: '2008-07-01T00:00:00Z', to: '2008-11-01T00:00:00Z' }),
  })
  .superRefine(endsInOrder)
  .superRefine(optionsFit);
const { metric_name, service_name, host } = telemetryFilters;
const telemetryParameters = z
  .strictObject({
    ...format,
    order,
    ...requiredTimeRange('its time', { from: '2026-03-02T08:00:00Z', to: '2026-03-02T09:00:00Z' }),
    metric_name: metric_name.optional(),
    service_name,
    host,
  })
  .superRefine(endsInOrder)
  .superRefine(optionsFit);
type InspectionParameters = z.output<typeof inspectionParameters>;
type MeasurementParameters = z.output<typeof measurementParameters>;
type TelemetryParameters = z.output<typeof telemetryParameters>;

/** The parts of Fastify's reply used here. */
interface StreamReply {
  header(name: string, value: string): StreamReply;
  trailer(name: string, value: () => Promise<string>): StreamReply;
  send(body: Readable): unknown;
  readonly raw: ServerResponse;
}

/** Aborts when the answer is closed: sent to its end, or left by its reader, who may not have seen its begin yet. */
function abortedWith(answer: ServerResponse): AbortSignal {
  const controller = new AbortController();
  answer.once('close', () => controller.abort());
  if (answer.destroyed) {
    controller.abort();
  }
  return controller.signal;
}

/** HTTP/1.0 has neither trailers nor the chunked encoding that they need. */
const knowsTrailers = ({ req }: ServerResponse): boolean => req.httpVersionMajor > 1 || req.httpVersionMinor > 0;

/** Trailer of the answer: the number of rows sent. If it is absent or differs, the answer is not complete. */
const ROW_COUNT = 'x-row-count';

@ApiTags('Export')
@Controller('v1/export')
@Needs('export')
export class ExportController {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly telemetry: TelemetrySnapshots,
    @Inject(CONFIG) private readonly config: QueryConfig,
    private readonly unitOfWork: UnitOfWork,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Get('inspections')
  @StreamsRows({
    summary: 'All inspections',
    description:
      'Current state of each, oldest first by (created_at, id); a download that was cut goes on with `after`.',
  })
  async exportInspections(
    @Query({ schema: inspectionParameters }) parameters: InspectionParameters,
    @Res() reply: StreamReply,
  ) {
    const { after } = parameters;
    if (after !== undefined && (await this.snapshots.read((snapshot) => isKnown(snapshot, after))) === false) {
      const message = 'expected the id of an inspection that is stored';
      throw new Problem(400, 'invalid_parameter', `after: ${message}`, [{ parameter: 'after', message }]);
    }
    return this.#send('inspection', inspectionRows(parameters), parameters, reply);
  }

  @Get('measurements')
  @StreamsRows({
    summary: 'All measurements',
    description:
      'Of every attempt, each with its attempt (voided ones have status voided). In no particular order unless `order=time`. Read a long history in ranges of `from` and `to`.',
  })
  async exportMeasurements(
    @Query({ schema: measurementParameters }) parameters: MeasurementParameters,
    @Res() reply: StreamReply,
  ) {
    const isLocal = await this.snapshots.read(hasOwnMeasurements);
    return this.#send('measurement', measurementRows(parameters, isLocal), parameters, reply);
  }

  @Get('telemetry')
  @StreamsRows({
    summary: 'Raw telemetry samples',
    description:
      'All that retention still keeps. In no particular order unless `order=time`. Read long ranges in shorter ones.',
  })
  exportTelemetry(@Query({ schema: telemetryParameters }) parameters: TelemetryParameters, @Res() reply: StreamReply) {
    return this.#send('telemetry', telemetryRows(parameters), parameters, reply, this.telemetry);
  }

  async #send(
    what: string,
    query: ExportQuery,
    parameters: TextParameters,
    reply: StreamReply,
    snapshots: Snapshots = this.snapshots,
  ): Promise<void> {
    await this.#record(what, parameters);
    const { columns, sql, values } = query;
    const signal = abortedWith(reply.raw);
    switch (parameters.format) {
      case 'parquet':
        return this.#write(what, 'parquet', snapshots.streamTexts(sql, values, signal), parquetWriter(columns), reply);
      case 'arrow':
        return this.#write(what, 'arrow', snapshots.streamTexts(sql, values, signal), arrowWriter(columns), reply);
      default: {
        const writer = textWriter(parameters.format, columns, {
          isRaw: parameters.raw !== undefined,
          hasMark: parameters.bom !== undefined,
          hasCount: parameters.count !== undefined,
        });
        return this.#write(what, parameters.format, snapshots.stream<ExportRow>(sql, values, signal), writer, reply);
      }
    }
  }

  async #write<Row>(
    what: string,
    format: ExportFormat,
    batches: AsyncGenerator<Row[]>,
    writer: RowWriter<Row>,
    reply: StreamReply,
  ): Promise<void> {
    // Its limit of the whole holds from here on; until there are rows, the same limit of a statement ends the export.
    const pace = new ReaderPace(this.config);
    // Reads the first batch before it sends headers, so that an absent database gives a 503, not a broken file.
    const first = await batches.next().catch((error: unknown) => {
      pace.stop();
      if (reply.raw.destroyed) {
        return undefined;
      }
      throw error;
    });
    if (first === undefined) {
      return;
    }
    let rows = 0;
    const parts = async function* (): AsyncGenerator<string | Uint8Array> {
      if (writer.head.length > 0) {
        yield writer.head;
      }
      for (let batch = first; !batch.done; batch = await batches.next()) {
        rows += batch.value.length;
        const part = writer.rows(batch.value);
        // Parquet and Arrow collect the rows of a group first.
        if (part.length > 0) {
          pace.give(part.length);
          yield part;
          pace.taken();
        }
      }
      const end = writer.end();
      if (end.length > 0) {
        yield end;
      }
    };
    const body = Readable.from(parts());
    // A reader that disconnects, even before the first line, leaves the cursor open. `body` already carries the error.
    body.once('close', () => {
      pace.stop();
      void batches.return(undefined).catch(() => undefined);
    });
    pace.onLate((reason) => {
      this.logger.warn({ reason, rows }, 'export_cut');
      body.destroy(new Error(reason));
    });
    reply.raw.once('close', () => body.destroy());
    if (reply.raw.destroyed) {
      body.destroy();
      return;
    }
    if (knowsTrailers(reply.raw)) {
      reply.trailer(ROW_COUNT, async () => String(rows));
    } else {
      // There the end of the connection ends the answer, so only a reset shows that it is incomplete. Over TLS, the missing
      // announcement of the end shows it.
      body.once('error', () => {
        const { socket } = reply.raw;
        if (!(socket instanceof TLSSocket)) {
          socket?.resetAndDestroy();
        }
      });
    }
    reply
      .header('content-type', MEDIA_TYPES[format])
      .header('content-disposition', `attachment; filename="${what}.${format}"`)
      .header('cache-control', 'no-store')
      .send(body);
  }

  /** Records each export before it starts, or refuses it. Without access control there is no caller to name. */
  async #record(what: string, parameters: object): Promise<void> {
    const { caller } = currentRequest();
    if (this.config.AUTH_MODE === 'none') {
      return;
    }
    try {
      await this.unitOfWork.run(({ audit }) =>
        audit.append({
          stream: 'api',
          actor: caller.subject,
          action: 'export.start',
          subject: `export:${what}`,
          reason: 'requested through the API',
          newValue: parameters,
        }),
      );
    } catch (error) {
      throw this.snapshots.translated(error);
    }
  }
}
