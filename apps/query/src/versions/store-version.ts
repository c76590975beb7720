/** Dated entries that the API stores: versions succeed one another, and wrong ones are withdrawn. */
import type { Repositories, StoredVersion, UnitOfWork, VersionRepository } from '@chip/persistence/repositories';
import { currentRequest } from '../access/caller.ts';
import { Problem, type ProblemCode } from '../http/problem.error.ts';
import { type PrimarySnapshots } from '../sql/snapshots.ts';
import { succession, versionAt } from './succession.ts';
import { versionById, type VersionTable } from './versions.sql.ts';

interface VersionRequest {
  readonly valid_from: string;
  readonly withdraw?: true | undefined;
  readonly reason: string;
}

/** One kind of entry. */
export interface VersionKind<Version extends StoredVersion, Request extends VersionRequest> {
  /** Names the entry in the audit trail. */
  readonly name: string;
  readonly table: VersionTable;
  readonly repository: (repositories: Repositories) => VersionRepository<Version>;
  readonly key: (request: Request) => Readonly<Record<string, string>>;
  /** What the version says, by member of the request. */
  readonly values: (request: Request) => Readonly<Record<string, unknown>>;
  /** Columns that are not named as the member of the request. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Of a version that contradicts a stored one; `version_conflict` without it. */
  readonly conflict?: ProblemCode;
  /** Throws unless the request may stand beside the version before it, or after it when it comes first. */
  readonly requireFit?: (request: Request, neighbour: Version) => void;
}

/**
 * Stores a version, or withdraws one, and returns it as it is stored then. The same version again changes nothing.
 *
 * @throws Problem 409 with the code of the kind that names the field, 404 when there is nothing to withdraw
 */
export async function storeVersion<Version extends StoredVersion, Request extends VersionRequest, Item extends object>(
  { unitOfWork, primary }: { readonly unitOfWork: UnitOfWork; readonly primary: PrimarySnapshots },
  kind: VersionKind<Version, Request>,
  given: Request,
): Promise<Item> {
  const id = await primary.write(() =>
    unitOfWork.run((repositories) =>
      given.withdraw ? withdraw(repositories, kind, given) : succeed(repositories, kind, given),
    ),
  );
  const stored = await primary.read((snapshot) => versionById<Item>(snapshot, kind.table, id));
  if (!stored) {
    throw new Problem(404, 'not_found', 'the version was removed right after it was stored');
  }
  return stored;
}

async function succeed<Version extends StoredVersion, Request extends VersionRequest>(
  repositories: Repositories,
  {
    name,
    repository,
    key,
    values,
    columns = {},
    conflict = 'version_conflict',
    requireFit,
  }: VersionKind<Version, Request>,
  given: Request,
): Promise<string> {
  const { caller } = currentRequest();
  const versions = repository(repositories);
  const said = values(given);
  const columnOf = (member: string): string => columns[member] ?? member;
  const saidBy = (version: Version): Record<string, unknown> =>
    Object.fromEntries(
      Object.keys(said).map((member) => [member, (version as Record<string, unknown>)[columnOf(member)] ?? null]),
    );
  const differing = (same: Version): string | undefined =>
    Object.entries(saidBy(same)).find(([member, value]) => JSON.stringify(value) !== JSON.stringify(said[member]))?.[0];
  const { same, before, after } = succession(await versions.versions(key(given)), given, differing, conflict);
  if (same) {
    return same.id;
  }
  const neighbour = before ?? after;
  if (neighbour) {
    requireFit?.(given, neighbour);
  }
  const { valid_from, reason } = given;
  const stored = Object.fromEntries(Object.entries(said).map(([member, value]) => [columnOf(member), value]));
  const id = await versions.create({
    ...key(given),
    valid_from,
    ...stored,
    reason,
    created_by: caller.subject,
  } as never);
  await repositories.audit.append({
    stream: 'api',
    actor: caller.subject,
    action: `${name}.create`,
    subject: `${name}:${id}`,
    reason,
    ...(before && { oldValue: { id: before.id, ...saidBy(before) } }),
    newValue: { ...key(given), valid_from, ...said },
  });
  return id;
}

async function withdraw<Version extends StoredVersion, Request extends VersionRequest>(
  repositories: Repositories,
  { name, repository, key }: VersionKind<Version, Request>,
  given: Request,
): Promise<string> {
  const { caller } = currentRequest();
  const versions = repository(repositories);
  const version = versionAt(await versions.versions(key(given)), given);
  if (!version) {
    throw new Problem(404, 'not_found', 'no version that still counts begins then', [
      { parameter: '/valid_from', message: 'is not that of a version that still counts' },
    ]);
  }
  const { reason } = given;
  await versions.withdraw(version, { withdrawn_at: new Date().toISOString(), actor: caller.subject, reason });
  await repositories.audit.append({
    stream: 'api',
    actor: caller.subject,
    action: `${name}.withdraw`,
    subject: `${name}:${version.id}`,
    reason,
  });
  return version.id;
}
