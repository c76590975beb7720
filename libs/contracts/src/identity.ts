import { hash } from 'node:crypto';

/**
 * Identities: hashes of the names that machines use, so that any process computes the same id without asking a database.
 * Parts are length-prefixed (`4:LOT1`), so `A/B` + `C` never collides with `A` + `B/C`. Names are case-sensitive and not
 * trimmed. Test vectors: `identity.spec.ts`, published in docs/publishing.md.
 *
 * The ids of a lot, its wafers, parts and inspections are UUIDs of version 8 (RFC 9562) that begin with the same 48 bits: a
 * load touches only the index pages of the lots in progress, however many units are stored. Earlier versions computed
 * UUIDs of version 5; a lot stored with one keeps it, and its units follow (docs/adr/0044).
 */
export const IDENTITY_NAMESPACE = '7e6f1d5a-52e4-5d0b-9a3c-0c1f6a2b8d47';

/** The namespace, and room for a name behind it. */
const HASHED = Buffer.alloc(2048);
const NAME_FROM = HASHED.write(IDENTITY_NAMESPACE.replaceAll('-', ''), 'hex');

/** `8`: the first 48 bits are those of the lot. `5`: the earlier form, RFC 9562 section 5.5. */
export type IdentityVersion = '5' | '8';

/** How the ids of a lot and its units are made, as the id of the lot says. */
export const identityVersion = (lotId: string): IdentityVersion => (lotId[14] === '5' ? '5' : '8');

/** Most UTF-8 bytes of one UTF-16 unit. */
const MAX_UNIT_BYTES = 3;

/** Four of these are made of each event, where the library's took a third of ingest's time. */
const hashOf = (kind: string, parts: readonly string[]): string => {
  let name = kind;
  for (const part of parts) {
    name += `/${Buffer.byteLength(part)}:${part}`;
  }
  if (name.length * MAX_UNIT_BYTES <= HASHED.length - NAME_FROM) {
    return hash('sha1', HASHED.subarray(0, NAME_FROM + HASHED.write(name, NAME_FROM)), 'hex');
  }
  return hash('sha1', Buffer.concat([HASHED.subarray(0, NAME_FROM), Buffer.from(name)]), 'hex');
};

const uuid = (version: IdentityVersion, hex: string): string => {
  const variant = ((Number.parseInt(hex[16] as string, 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const withinLot = (
  version: IdentityVersion,
  kind: string,
  [site, lotId, ...names]: readonly [string, string, ...string[]],
): string => {
  const own = hashOf(kind, [site, lotId, ...names]);
  return uuid(version, version === '5' ? own : lotHash(site, lotId).slice(0, 12) + own.slice(12));
};

/** Of the latest lot: events of a lot come one after the other. */
let latest = { site: '', lotId: '', hex: '' };

function lotHash(site: string, lotId: string): string {
  if (latest.lotId !== lotId || latest.site !== site || latest.hex === '') {
    latest = { site, lotId, hex: hashOf('lot', [site, lotId]) };
  }
  return latest.hex;
}

export const lotIdentity = (site: string, lotId: string, version: IdentityVersion = '8'): string =>
  uuid(version, lotHash(site, lotId));
/** Of the latest wafer: most events name the wafer of the one before. */
let latestWafer = { site: '', lotId: '', waferId: '', version: '', id: '' };

export function waferIdentity(site: string, lotId: string, waferId: string, version: IdentityVersion = '8'): string {
  const known = latestWafer;
  if (
    known.waferId === waferId &&
    known.lotId === lotId &&
    known.site === site &&
    known.version === version &&
    known.id !== ''
  ) {
    return known.id;
  }
  const id = withinLot(version, 'wafer', [site, lotId, waferId]);
  latestWafer = { site, lotId, waferId, version, id };
  return id;
}
export const partIdentity = (site: string, lotId: string, chipId: string, version: IdentityVersion = '8'): string =>
  withinLot(version, 'part', [site, lotId, chipId]);
export const inspectionIdentity = (
  site: string,
  lotId: string,
  chipId: string,
  inspectionType: string,
  version: IdentityVersion = '8',
): string => withinLot(version, 'inspection', [site, lotId, chipId, inspectionType]);

/** Event id of a CloudEvent whose `ce_id` is not a UUID, of version 5: the standard identifies an event by source and id. */
export const cloudEventIdentity = (source: string, id: string): string => uuid('5', hashOf('event', [source, id]));
