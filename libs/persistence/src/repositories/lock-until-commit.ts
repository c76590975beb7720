import type { EntityManager } from '@mikro-orm/postgresql';

/**
 * Every other caller with the same name waits until this transaction ends. The lock is the transaction's, so it is safe
 * through PgBouncer.
 */
export async function lockUntilCommit(em: EntityManager, name: readonly string[]): Promise<void> {
  await em
    .getConnection()
    .execute(
      'SELECT pg_advisory_xact_lock(hashtextextended(?, 0))',
      [JSON.stringify(name)],
      'all',
      em.getTransactionContext(),
    );
}
