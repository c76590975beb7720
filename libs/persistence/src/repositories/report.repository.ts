/** Reports as the API writes them: never changed, their result byte for byte as it was hashed. */
import type { Queryable } from '../connection/database.ts';

export interface NewReport {
  readonly name: string;
  /** The route that made it. */
  readonly query: string;
  /** What it covers; `site` and `product` decide who else may read it. */
  readonly parameters: object;
  readonly as_of: object;
  /** JSON text. */
  readonly result: string;
  /** Of the UTF-8 bytes of `result`. */
  readonly sha256: Buffer;
  readonly created_by: string;
}

export class ReportRepository {
  constructor(private readonly transaction: Queryable) {}

  /** @returns the id of the report */
  async create({ name, query, parameters, as_of, result, sha256, created_by }: NewReport): Promise<string> {
    const [row] = await this.transaction.query<{ id: string }>(
      `INSERT INTO reports (name, query, parameters, as_of, result, sha256, created_by)
       VALUES ($1, $2, $3, $4, $5, decode($6, 'hex'), $7) RETURNING id`,
      [name, query, JSON.stringify(parameters), JSON.stringify(as_of), result, sha256.toString('hex'), created_by],
    );
    return (row as { id: string }).id;
  }
}
