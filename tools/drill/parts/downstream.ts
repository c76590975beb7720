/** A downstream service's own PostgreSQL, which follows the results by logical replication as docs/sql describes. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY_ROOT } from '../../devstack/layout.ts';
import { startPart } from '../../devstack/processes/part.ts';
import { LOOPBACK, PortPicker, portsAnywhere } from '../../devstack/processes/ports.ts';
import { runCommand } from '../../devstack/processes/run-command.ts';
import { Postgres } from '../../devstack/servers/postgres.ts';
import { poolAt, type Sql } from '../../faults/system/clients.ts';
import type { SystemUnderTest } from '../../faults/system/system.ts';

const DATABASE = 'downstream';
/** Of the user that replicates, on a server that only this drill reaches. */
const PASSWORD = 'replicates';
const EQUAL_WITHIN_MS = 120_000;

/** What is published, as one text per row: equal on both sides when nothing is missing. */
const PUBLISHED = `
  SELECT count(*)::int AS rows, coalesce(md5(string_agg(line, ',' ORDER BY line)), '') AS digest FROM (
    SELECT concat_ws('|', 'lot', id, site, lot_id) AS line FROM lots
    UNION ALL
    SELECT concat_ws('|', id, lot_id, chip_id, inspection_type, status, coalesce(result, '~'), coalesce(occurred_at::text, '~'),
      coalesce(completed_at::text, '~'), coalesce(equipment_id, '~'), coalesce(product, '~')) FROM inspections) AS published`;

export class Downstream {
  readonly #system: SystemUnderTest;
  readonly sql: Sql;
  readonly #end: () => Promise<void>;

  private constructor(system: SystemUnderTest, sql: Sql, end: () => Promise<void>) {
    this.#system = system;
    this.sql = sql;
    this.#end = end;
  }

  /** Subscribes through the address that follows the primary. */
  static async subscribe(system: SystemUnderTest): Promise<Downstream> {
    const { folder, signal, env, report } = system;
    const data = path.join(folder.data, 'downstream');
    mkdirSync(data);
    const port = await new PortPicker(report).pick('downstream', portsAnywhere().postgres);
    const postgres = new Postgres(env['PG_BIN'] as string, { data, run: folder.run }, { port, isDurable: false });
    const launch = { ...(await postgres.prepare(signal)), name: 'downstream-1' };
    const part = { launch, readiness: () => () => postgres.isReady(), readyWithinMs: 60_000 };
    await startPart(folder.run, part, signal);
    const admin = poolAt(postgres.superuserUrl('postgres'));
    await admin.query(`CREATE DATABASE ${DATABASE}`);
    await admin.end();
    await psql(system, 'publication.sql', system.superuserUrl(), { password: PASSWORD });
    const url = postgres.superuserUrl(DATABASE);
    await psql(system, 'subscription.sql', url, {
      host: LOOPBACK,
      port: String(system.proxy.port),
      database: 'chip_quality',
      password: PASSWORD,
      failover: 'on',
    });
    const pool = poolAt(url);
    const sql: Sql = async (text, parameters) =>
      (await pool.query(text, parameters as unknown[] | undefined)).rows as never;
    return new Downstream(system, sql, () => pool.end());
  }

  async rows(): Promise<number> {
    return (await this.sql<{ rows: number }>(PUBLISHED))[0]?.rows ?? 0;
  }

  /** Waits until both sides hold the same. Only for a system at rest. @returns rows; undefined: they stay different */
  async untilEqual(): Promise<number | undefined> {
    type Published = { rows: number; digest: string };
    let here: Published | undefined;
    try {
      await this.#system.until(
        async () => {
          const [there] = await this.#system.sql<Published>(PUBLISHED);
          [here] = await this.sql<Published>(PUBLISHED);
          return there?.digest === here?.digest;
        },
        EQUAL_WITHIN_MS,
        'the downstream service has everything',
      );
      return here?.rows;
    } catch {
      this.#system.signal.throwIfAborted();
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#end();
  }
}

async function psql(
  { env, signal }: SystemUnderTest,
  file: string,
  url: string,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const values = Object.entries(variables).flatMap(([name, value]) => ['-v', `${name}=${value}`]);
  const script = path.join(REPOSITORY_ROOT, 'docs', 'sql', file);
  await runCommand(
    path.join(env['PG_BIN'] as string, 'psql'),
    ['--no-psqlrc', '--quiet', ...values, '-f', script, url],
    {
      signal,
      onFailure: 'see the lines above',
    },
  );
}
