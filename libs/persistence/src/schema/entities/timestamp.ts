/** The column type timestamptz. */
import { p, Type } from '@mikro-orm/core';
import { parseTimestamptz } from '../../connection/pg-values.ts';

/** timestamptz as RFC 3339 text in UTC with microseconds, as everywhere in this library; a Date would lose them. */
class Timestamp extends Type<string, string> {
  override convertToJSValue(value: string): string {
    // A value assigned in this process already has this form.
    return value.includes('T') ? value : parseTimestamptz(value);
  }

  override getColumnType(): string {
    return 'timestamptz';
  }
}

/** A timestamptz property. The runtime type keeps MikroORM from converting it to a Date. */
export const timestamp = () => p.type(Timestamp).runtimeType('string');
