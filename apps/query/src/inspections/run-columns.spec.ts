import { RUN_FIELD_NAMES } from '@chip/contracts';
import { describe, expect, it } from '@jest/globals';
import { inspectionRows } from '../export/export.sql.ts';
import { inspectionDetail, ITEM_COLUMNS, RUN_COLUMNS } from './inspection-answer.ts';
import { SELECT_ITEM } from './inspection-list.sql.ts';

/** docs/extending.md: a column of inspections is one line in the list of fields and a migration. */
describe.each(RUN_FIELD_NAMES)('the field %s of a run', (field) => {
  it('is in the list, in each attempt, in the statements and in the export', () => {
    expect(ITEM_COLUMNS).toContain(field);
    expect(Object.keys(inspectionDetail.shape.attempts.element.shape)).toContain(field);
    expect(RUN_COLUMNS).toContain(field);
    expect(SELECT_ITEM.split(', ')).toContain(`i.${field}`);
    const { columns, sql } = inspectionRows({});
    expect(columns).toEqual(ITEM_COLUMNS);
    expect(sql).toContain(`i.${field}`);
  });
});
