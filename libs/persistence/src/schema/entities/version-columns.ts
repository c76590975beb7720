import { p } from '@mikro-orm/core';
import { timestamp } from './timestamp.ts';

/** Who stored a version of an entry, when and why, and who took it back. */
export const versionColumns = () => ({
  reason: p.text(),
  created_by: p.string().length(200),
  created_at: timestamp().defaultRaw('now()'),
  withdrawn_at: timestamp().nullable(),
  withdrawn_by: p.string().length(200).nullable(),
  withdrawal_reason: p.text().nullable(),
});
