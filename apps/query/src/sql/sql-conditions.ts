import { type SqlParameter } from '@chip/persistence';
import { type UnitFilters } from '../http/parameters.ts';

/**
 * Collects the WHERE clause and the bind values of one statement. SQL text comes from our source alone; every value of
 * a request becomes a bind parameter.
 */
export class SqlConditions {
  readonly #conditions: string[] = [];

  /** @param values shared with another clause of the same statement, or a new list */
  constructor(readonly values: SqlParameter[] = []) {}

  /** Placeholder (`$3`) of a value. */
  bind(value: SqlParameter): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  /** Adds a condition that needs no value. */
  require(condition: string): this {
    this.#conditions.push(condition);
    return this;
  }

  /** Adds `condition(placeholder)` unless the value is absent. */
  when(value: SqlParameter | undefined, condition: (placeholder: string) => string): this {
    return value === undefined ? this : this.require(condition(this.bind(value)));
  }

  /** Adds that `column` is the value, or one of several; nothing without any. */
  oneOf(column: string, values: string | readonly string[] | undefined): this {
    return values === undefined ? this : this.require(this.#isOneOf(column, values));
  }

  /** One value stays a plain comparison, which every index serves in its order. */
  #isOneOf(column: string, values: string | readonly string[]): string {
    const list = typeof values === 'string' ? [values] : values;
    return list.length === 1
      ? `${column} = ${this.bind(list[0] as string)}`
      : `${column} = ANY (${this.bind([...list])}::text[])`;
  }

  /**
   * The filters that statistics share, on a table with the columns of `inspection_attempts`.
   * Lots are resolved once in an InitPlan, so that the index on lot_id can serve the array.
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
