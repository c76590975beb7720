import { verifyAudit } from '@chip/persistence';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { count, definitionSchema } from '../http/answers.ts';
import { Needs } from '../access/rights.ts';
import { Answers } from '../http/documented-route.ts';
import { nameParameter } from '../http/parameters.ts';
import { Snapshots } from '../sql/snapshots.ts';

const verifyParameters = z.strictObject({
  stream: nameParameter('One hash chain; without it all of them.', 'api').optional(),
});
type VerifyParameters = z.output<typeof verifyParameters>;

const seq = z.int().min(1);
const verifyAnswer = z
  .strictObject({
    ok: z.boolean().meta({ description: 'Whether every chain is whole.' }),
    definition: definitionSchema,
    streams: z.array(
      z.strictObject({
        stream: z.string().meta({ examples: ['api'] }),
        entries: count,
        head: z
          .strictObject({ seq: z.int().min(0), hash: z.string().meta({ description: 'Hex SHA-256.' }) })
          .nullable()
          .meta({ description: 'The newest entry: note it outside the database to find a later truncation.' }),
        broken: z
          .strictObject({ seq, problem: z.string() })
          .nullable()
          .meta({ description: 'The first entry that is wrong or missing.' }),
      }),
    ),
  })
  .meta({ id: 'AuditVerification' });
type VerifyAnswer = z.output<typeof verifyAnswer>;

const DEFINITION =
  'Each entry holds SHA-256 of the hash before it and of itself as canonical JSON. A chain proves order and integrity against anybody who cannot write it anew from the beginning: compare its head with one noted elsewhere.';

@ApiTags('Audit')
@Controller('v1/audit')
@Needs('audit')
export class AuditController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get('verify')
  @Answers(verifyAnswer, {
    summary: 'Whether the audit trail is whole',
    description: 'Walks every entry of the hash chains and names the first broken one.',
  })
  async verify(@Query({ schema: verifyParameters }) { stream }: VerifyParameters): Promise<VerifyAnswer> {
    const found = await this.snapshots.read((snapshot) =>
      verifyAudit(snapshot, stream === undefined ? {} : { stream }),
    );
    return {
      ok: found.every(({ broken }) => broken === null),
      definition: DEFINITION,
      streams: found.map(({ stream: name, entries, head, broken }) => ({
        stream: name,
        entries,
        head: head && { seq: head.seq, hash: head.hash },
        broken,
      })),
    };
  }
}
