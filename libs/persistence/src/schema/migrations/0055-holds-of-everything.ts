import { deletionSql, type Tables } from '../declarations.ts';
import { applyRetention } from './0023-measurement-vectors.ts';
import { FormerAttempts } from './0032-former-attempts.ts';
import { DeadLetters } from './0037-dead-letters.ts';
import { LetterReplays } from './0038-letter-replays.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * A legal hold keeps everything of its lot: also the ledger of its events, which says when each arrived and from where. And
 * every table that retention deletes from waits for a hold that is being placed, and notes what it deleted.
 */
export class HoldsOfEverything extends SchemaMigration {
  override name = '0055-holds-of-everything';

  override up(): void {
    this.addSql(applyRetention('measurement_values'));
    const declared: Tables = { ...FormerAttempts.tables, ...DeadLetters.tables, ...LetterReplays.tables };
    for (const [table, { retention }] of Object.entries(declared)) {
      if (retention?.rows !== undefined) {
        this.addSql(deletionSql('CREATE OR REPLACE', table, retention.rows));
      }
    }
  }
}
