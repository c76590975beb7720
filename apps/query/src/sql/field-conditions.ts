import type { FieldTexts } from '../http/field-filters.ts';
import type { SqlConditions } from './sql-conditions.ts';

/** JSON values that a query-string text may mean: the text itself, and the number, boolean or null that it spells. */
function jsonValues(text: string): unknown[] {
  if (text === 'true' || text === 'false' || text === 'null') {
    return [text, JSON.parse(text)];
  }
  const isNumber = text.length <= 30 && /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(text);
  return isNumber && Number.isFinite(Number(text)) ? [text, Number(text)] : [text];
}

/** Requires that the object in `column` (jsonb) has all of these fields: by containment, which a GIN index serves. */
export function requireFields(where: SqlConditions, column: string, fields: FieldTexts): void {
  for (const [key, text] of Object.entries(fields)) {
    const candidates = jsonValues(text).map(
      (value) => `${column} @> ${where.bind(JSON.stringify({ [key]: value }))}::jsonb`,
    );
    where.require(`(${candidates.join(' OR ')})`);
  }
}
