import { type SqlParameter } from '@chip/persistence';
import { type UnitFilters } from '../http/parameters.ts';

/**
 * Collects the WHERE clause and the bind values of one statement. SQL text comes from our source only; every value from a
 * request becomes a bind parameter.
 */
export class SqlConditions {
  readonly #conditions: string[] = [];

  /** @param values list shared with other clauses of the same statement; default a new one */
  constructor(readonly values: SqlParameter[] = []) {}

  /** Binds a value. @returns its placeholder, such as `$3` */
  bind(value: SqlParameter): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  /** Adds a condition without values. */
  require(condition: string): this {
    this.#conditions.push(condition);
    return this;
  }

  /** Adds `condition(placeholder)` unless the value is absent. */
  when(value: SqlParameter | undefined, condition: (placeholder: string) => string): this {
    return value === undefined ? this : this.require(condition(this.bind(value)));
  }

  /** Requires that `column` equals the value, or one of several; adds nothing when there is none. */
  oneOf(column: string, values: string | readonly string[] | undefined): this {
    return values === undefined ? this : this.require(this.#isOneOf(column, values));
  }

  /** A single value stays a plain comparison, so that an index also serves the order. */
  #isOneOf(column: string, values: string | readonly string[]): string {
    const list = typeof values === 'string' ? [values] : values;
    return list.length === 1
      ? `${column} = ${this.bind(list[0] as string)}`
      : `${column} = ANY (${this.bind([...list])}::text[])`;
  }

  /**
   * Adds the filters that statistics share, on a table with the columns of `inspection_attempts`.
   * An InitPlan resolves lots once, so that the index on lot_id can serve the array.
   */
  units(filters: UnitFilters, table: string): this {
    if (filters.lot_id !== undefined || filters.site !== undefined) {
      const lots = new Array<string>();
      if (filters.lot_id !== undefined) {
        lots.push(this.#isOneOf('lot_id', filters.lot_id));
      }
      if (filters.site !== undefined) {
        lots.push(this.#isOneOf('site', filters.site));
      }
      this.require(`${table}.lot_id = ANY (ARRAY(SELECT id FROM lots WHERE ${lots.join(' AND ')}))`);
    }
    return this.oneOf(`${table}.equipment_id`, filters.equipment_id)
      .oneOf(`${table}.product`, filters.product)
      .oneOf(`${table}.recipe`, filters.recipe)
      .oneOf(`${table}.inspection_type`, filters.inspection_type)
      .oneOf(`${table}.step`, filters.step);
  }

  toString(): string {
    return this.#conditions.length === 0 ? 'true' : this.#conditions.join('\n        AND ');
  }
}
