import type { EntityManager } from '@mikro-orm/postgresql';

/** Whoever asks for the same name waits until this transaction ends. Of the transaction, so it is safe through PgBouncer. */
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
