import { verifyAudit } from '@chip/persistence';
import { Injectable } from '@nestjs/common';
import { Snapshots } from '../sql/snapshots.ts';
import { type VerifyAnswer, type VerifyParameters } from './audit-answer.ts';

const DEFINITION =
  'Each entry holds SHA-256 of the previous hash and of itself as canonical JSON. A chain proves order and integrity unless someone rewrites it from the beginning: compare its head with a copy kept elsewhere.';

/** Verifies the audit trail. */
@Injectable()
export class AuditQuery {
  constructor(private readonly snapshots: Snapshots) {}

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
