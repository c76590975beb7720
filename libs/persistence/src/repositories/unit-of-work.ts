/** One writing request of the API as one transaction. */
import { retry } from '@chip/service';
import { CommitUnknownError, DatabaseError, driverError, toDatabaseError } from '../connection/database-error.ts';
import type { OpenedOrm, Repositories, UnitOfWorkOptions } from './orm.ts';

export type { Repositories, UnitOfWorkOptions };

/**
 * The entities on their own pool, safe through PgBouncer in transaction mode. One writing request is one {@link run}:
 * it commits when its work resolves, rolls back when it throws, and always releases the connection.
 */
export class UnitOfWork {
  readonly #options: UnitOfWorkOptions;
  #orm: Promise<OpenedOrm> | undefined;

  /**
   * Neither connects nor loads MikroORM yet: most processes only ever read. An unreachable server, or a replica (25006), shows
   * on first use.
   */
  constructor(options: UnitOfWorkOptions) {
    this.#options = options;
  }

  /**
   * @param work repeated from its beginning after a deadlock, a failover or a lost connection: it must change nothing
   * outside the database
   * @throws CommitUnknownError, DatabaseError, or whatever `work` throws
   */
  async run<T>(work: (repositories: Repositories) => Promise<T>): Promise<T> {
    return retry(() => this.#attempt(work), { budgetMs: this.#options.retryBudgetMs ?? 5_000 });
  }

  async #attempt<T>(work: (repositories: Repositories) => Promise<T>): Promise<T> {
    this.#orm ??= import('./orm.ts').then(({ openOrm }) => openOrm(this.#options));
    const { em, repositories } = (await this.#orm).begin();
    let result: T;
    try {
      await em.begin();
      result = await work(repositories);
      await em.flush();
    } catch (error) {
      if (em.isInTransaction()) {
        await em.rollback();
      }
      throw translate(error);
    }
    try {
      await em.commit();
    } catch (error) {
      const failure = translate(error);
      const unknown = failure instanceof DatabaseError && failure.connectionLost;
      // Releases the connection.
      if (em.isInTransaction()) {
        await em.rollback();
      }
      throw unknown ? new CommitUnknownError(failure) : failure;
    }
    return result;
  }

  async close(): Promise<void> {
    await (await this.#orm)?.close();
  }
}

/** Passes unchanged what `work` itself throws. */
function translate(error: unknown): unknown {
  const translated = toDatabaseError(driverError(error));
  const foreign = translated instanceof DatabaseError && translated.kind === 'bug' && translated.sqlstate === '';
  return foreign ? error : translated;
}
