import { appendAudit, Database, OPERATOR_STREAM, schemaReady } from '@chip/persistence';

/** A change of topics: Kafka keeps no trail of its own. */
export interface TopicChange {
  readonly by: string;
  readonly reason: string;
  readonly action: 'topics.create' | 'topics.grow';
  /** Before and after, as JSON. */
  readonly oldValue?: object;
  readonly newValue: object;
}

/**
 * Runs `work` with a record of the request before it, and of the result after it. A crash in between leaves the first
 * record.
 *
 * @throws SchemaOutdatedError, DatabaseError before anything is done, or whatever `work` throws
 */
export async function changeTopics(
  databaseUrl: string,
  { by, newValue, ...entry }: TopicChange,
  work: () => Promise<void>,
): Promise<void> {
  const database = new Database({ url: databaseUrl, applicationName: 'chip-topics', max: 1 });
  const note = (outcome: 'requested' | 'done' | 'failed'): Promise<number> =>
    database.withTransaction((transaction) =>
      appendAudit(transaction, {
        stream: OPERATOR_STREAM,
        actor: by,
        subject: 'topics',
        ...entry,
        newValue: { ...newValue, outcome },
      }),
    );
  try {
    await schemaReady(database);
    await note('requested');
    try {
      await work();
    } catch (error) {
      await note('failed');
      throw error;
    }
    await note('done');
  } finally {
    await database.close();
  }
}
