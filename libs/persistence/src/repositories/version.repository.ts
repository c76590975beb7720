/** Dated entries as the API writes them: versions that succeed one another, and their withdrawal. */
import type { EntityManager, EntityName, FilterQuery, QueryOrderMap, RequiredEntityData } from '@mikro-orm/postgresql';
import { driverError, toDatabaseError } from '../connection/database-error.ts';
import { lockUntilCommit } from './lock-until-commit.ts';

/** What the versions of every entry have. */
export interface StoredVersion {
  id: string;
  valid_from: string;
  withdrawn_at?: string | null | undefined;
  withdrawn_by?: string | null | undefined;
  withdrawal_reason?: string | null | undefined;
}

export class VersionRepository<Version extends StoredVersion> {
  /** @param table names the lock of a key; entries of other tables do not wait for it */
  constructor(
    private readonly em: EntityManager,
    private readonly entity: EntityName<Version>,
    private readonly table: string,
  ) {}

  /**
   * The versions of one key that are not withdrawn, oldest first. Every other caller with the same key waits until this
   * transaction ends, so that a decision based on them still holds when it is stored.
   */
  async versions(key: Readonly<Record<string, string>>): Promise<Version[]> {
    await lockUntilCommit(this.em, [this.table, ...Object.values(key)]);
    // In the database, because a Date does not tell microseconds apart.
    const orderBy = { valid_from: 'asc' } as QueryOrderMap<Version>;
    return this.em.find(this.entity, { ...key, withdrawn_at: null } as FilterQuery<Version>, { orderBy });
  }

  /** @returns its id */
  async create(version: RequiredEntityData<Version>): Promise<string> {
    const stored = this.em.create(this.entity, version) as Version;
    await this.#flush(stored);
    return stored.id;
  }

  /** Withdraws a version: it applies to no time, not even the past. */
  async withdraw(version: Version, by: { withdrawn_at: string; actor: string; reason: string }): Promise<void> {
    version.withdrawn_at = by.withdrawn_at;
    version.withdrawn_by = by.actor;
    version.withdrawal_reason = by.reason;
    await this.#flush(version);
  }

  async #flush(version: Version): Promise<void> {
    try {
      await this.em.persist(version).flush();
    } catch (error) {
      throw toDatabaseError(driverError(error));
    }
  }
}
