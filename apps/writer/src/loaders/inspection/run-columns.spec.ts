import { RUN_FIELD_NAMES } from '@chip/contracts';
import { expect, it } from '@jest/globals';
import { ATTEMPT_COLUMNS, CURRENT_COLUMNS } from './merge-attempts.ts';

/** docs/extending.md: a column of inspections is one line in the list of fields and a migration. */
it.each(RUN_FIELD_NAMES)('stores the field %s of a run with the attempt and with the inspection', (field) => {
  expect(ATTEMPT_COLUMNS).toContain(field);
  expect(CURRENT_COLUMNS).toContain(field);
});
