import { verifyAudit } from '@chip/persistence';
import { Injectable } from '@nestjs/common';
import { Snapshots } from '../sql/snapshots.ts';
import { readPage } from '../http/cursor.ts';
import { type AuditPage, type ListParameters, type VerifyAnswer, type VerifyParameters } from './audit-answer.ts';
import { isPlace, listEntries, placeOf } from './audit-list.sql.ts';

const DEFINITION =
  'Each entry holds SHA-256 of the previous hash and of itself as canonical JSON. A chain proves order and integrity unless someone rewrites it from the beginning: compare its head with a copy kept elsewhere.';

/** Lists and verifies the audit trail. */
@Injectable()
export class AuditQuery {
  constructor(private readonly snapshots: Snapshots) {}

  list(parameters: ListParameters): Promise<AuditPage> {
    return this.snapshots.read((snapshot) =>
      readPage(parameters, (after, limit) => listEntries(snapshot, parameters, after, limit), placeOf, isPlace),
    );
  }

  async verify({ stream }: VerifyParameters): Promise<VerifyAnswer> {
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
