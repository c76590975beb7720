import {
  type AuditAnchor,
  convertEdition,
  Database,
  type DatabaseStatus,
  liftHold,
  placeHold,
  readHolds,
  readRetention,
  readStatus,
  rebuildRollups,
  refreshDailySummary,
  schemaReady,
  setRetention,
  verifyAudit,
} from '@chip/persistence';
import { Command, InvalidArgumentError } from 'commander';
import { auditText, byOption, environmentVariable, reasonOption, runCommand } from './command.ts';
import { oneLine } from './printable.ts';

/** The owner's URL, and the primary itself: migrations do not work through PgBouncer. */
const databaseUrl = (): string => environmentVariable('DATABASE_URL');

async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database({ url: databaseUrl(), applicationName: 'chip-db', max: 1 });
  try {
    await schemaReady(database);
    return await work(database);
  } finally {
    await database.close();
  }
}

const program = new Command('db').description(
  'The database: schema, state and upkeep. Reads DATABASE_URL (the owner).',
);

program
  .command('migrate')
  .description('bring the schema to this version; safe to repeat, even after an interruption')
  .option('--initialise-empty', 'start from nothing even though this database once held the schema')
  .addOption(reasonOption('the schema of this version'))
  .addOption(byOption())
  .action(async (options: { initialiseEmpty?: boolean; reason: string; by: string }) => {
    // Only here: it would take half of the start of every other command.
    const { migrate } = await import('@chip/persistence/schema');
    await migrate(databaseUrl(), {
      log: console.log,
      initialiseEmpty: options.initialiseEmpty ?? false,
      actor: options.by,
      reason: options.reason,
    });
  });

program
  .command('check')
  .description('exit 0 if the schema is what this version needs')
  .action(async () => {
    await withDatabase(async () => undefined);
    console.log('schema is up to date');
  });

program
  .command('status')
  .description('edition, versions, hypertables, jobs and maintenance with their last run, invalid indexes, bloat')
  .option('--json', 'as one JSON object')
  .action(async (options: { json?: boolean }) => {
    const status = await withDatabase(readStatus);
    console.log(options.json ? JSON.stringify(status, null, 2) : formatStatus(status));
  });

program
  .command('convert-edition')
  .description(
    'convert the roll-ups of the Apache edition into continuous aggregates, on a server of the Community edition',
  )
  .requiredOption('--reason <text>', 'why, for the audit trail', auditText())
  .addOption(byOption())
  .action(async ({ reason, by }: { reason: string; by: string }) => {
    const { buckets } = await withDatabase((database) => convertEdition(database, { actor: by, reason }, console.log));
    console.log(`${buckets} hourly buckets are now in a continuous aggregate`);
  });

program
  .command('rollup')
  .description('telemetry roll-ups')
  .command('rebuild')
  .description('recompute them from raw rows, for repair; telemetry waits meanwhile')
  .requiredOption('--from <day>', 'first UTC day, such as 2026-01-20')
  .requiredOption('--to <day>', 'the day after the last day')
  .requiredOption('--reason <text>', 'why, for the audit trail', auditText())
  .addOption(byOption())
  .action(async ({ from, to, reason, by }: { from: string; to: string; reason: string; by: string }) => {
    const { buckets } = await withDatabase((database) => rebuildRollups(database, from, to, { actor: by, reason }));
    console.log(`${buckets} hourly buckets recomputed`);
  });

program
  .command('refresh')
  .description('bring daily_inspection_summary up to date now; readers do not wait')
  .addOption(reasonOption('requested by command'))
  .addOption(byOption())
  .action(async ({ reason, by }: { reason: string; by: string }) => {
    const at = await withDatabase((database) => refreshDailySummary(database, { actor: by, reason }));
    console.log(`daily_inspection_summary refreshed at ${at}`);
  });

const anchor = (text: string, previous: AuditAnchor[] = []): AuditAnchor[] => {
  const [, stream, seq, hash] = /^([^:]+):(\d+):([0-9a-f]{64})$/.exec(text) ?? [];
  if (stream === undefined || seq === undefined || hash === undefined) {
    throw new InvalidArgumentError('Expected <stream>:<number>:<hash>, as printed by an earlier verify.');
  }
  return [...previous, { stream, seq: Number(seq), hash }];
};

program
  .command('audit')
  .description('the audit trail')
  .command('verify')
  .description('verify every hash chain; exit 1 and print the first broken entry if one does not hold')
  .option(
    '--anchor <stream:number:hash>',
    'a head noted earlier, which must still be in the chain (repeatable)',
    anchor,
  )
  .action(async (options: { anchor?: AuditAnchor[] }) => {
    const results = await withDatabase((database) => verifyAudit(database, { anchors: options.anchor ?? [] }));
    for (const { stream, entries, head, broken } of results) {
      if (broken) {
        process.exitCode = 1;
        console.log(`BROKEN  ${stream}: entry ${broken.seq}: ${broken.problem}`);
      } else {
        console.log(`ok      ${stream}: ${entries} entries, anchor ${stream}:${head?.seq}:${head?.hash}`);
      }
    }
  });

const retention = program.command('retention').description('how long rows are kept');
retention
  .command('show')
  .description('retention per table, and lots on legal hold')
  .action(async () => {
    await withDatabase(async (database) => {
      for (const { table, keep } of await readRetention(database)) {
        console.log(`${table}: ${keep ?? 'indefinitely'}`);
      }
      for (const hold of await readHolds(database)) {
        console.log(
          oneLine(`on hold: ${hold.site}/${hold.lot_id} since ${hold.placed_at} by ${hold.placed_by}: ${hold.reason}`),
        );
      }
    });
  });
retention
  .command('set')
  .description('keep the rows of a table for another time; the upkeep deletes older ones for good')
  .argument('<table>', 'as "retention show" names it')
  .argument('<interval>', 'such as "90 days", or "forever"')
  .requiredOption('--reason <text>', 'why, for the audit trail', auditText())
  .addOption(byOption())
  .action(async (table: string, interval: string, { reason, by }: { reason: string; by: string }) => {
    const keep = interval === 'forever' ? null : interval;
    const kept = await withDatabase((database) => setRetention(database, table, keep, { actor: by, reason }));
    console.log(`${table}: ${kept ?? 'indefinitely'}`);
  });

const hold = program.command('hold').description('legal holds: lots of which nothing is deleted');
for (const [name, change, done, description] of [
  ['place', placeHold, 'on hold', 'keep everything of a lot, whatever the retention of its tables'],
  ['lift', liftHold, 'no longer on hold', 'let retention delete a lot again'],
] as const) {
  hold
    .command(name)
    .description(description)
    .argument('<lot>', 'its lot_id')
    .option('--site <site>', 'the fab', '')
    .requiredOption('--reason <text>', 'why, for the audit trail', auditText())
    .addOption(byOption())
    .action(async (lotId: string, { site, reason, by }: { site: string; reason: string; by: string }) => {
      await withDatabase((database) => change(database, { site, lotId }, { actor: by, reason }));
      console.log(`${site}/${lotId} is ${done}`);
    });
}

const SHAPES = { folded: 'folded roll-ups', continuous: 'continuous aggregates' } as const;

function formatStatus(status: DatabaseStatus): string {
  const { info } = status;
  const lines = [
    `schema       ${info.schema_version}, migrated ${info.migrated_at}`,
    `server       PostgreSQL ${info.postgresql_version}, TimescaleDB ${info.timescaledb_version} (${info.edition} edition)`,
    `shape        ${SHAPES[info.shape]}${info.shape === 'folded' && info.edition === 'community' ? ': convert-edition would turn them into continuous aggregates' : ''}`,
    ...status.hypertables.map(
      (table) =>
        `hypertable   ${table.name}: ${table.chunks} chunks of ${table.chunk_interval}, ${(table.bytes / 2 ** 20).toFixed(1)} MiB, oldest from ${table.oldest ?? '(none)'}`,
    ),
    ...status.jobs.map(
      (job) =>
        `job          ${job.what}, every ${job.schedule}: last run ${job.last_run ?? 'never'} ${job.last_status ?? ''}${job.error ? `: ${job.error}` : ''}`,
    ),
    ...status.maintenance.map(
      (run) =>
        `maintenance  ${run.task}: last success ${run.last_success_at ?? 'never'}, ${run.rows_done} rows in total${run.last_error ? `, last error ${run.last_error}` : ''}`,
    ),
    ...(status.maintenance.length === 0 ? ['maintenance  has never run: it is part of every writer'] : []),
    `roll-ups     ${status.unfolded} deltas not folded yet; daily_inspection_summary of ${status.summaryRefreshedAt}`,
    `days         ${status.daysToSumUp} changed after they were summed up`,
    ...(status.lateHoursLeftOut > 0
      ? [
          `late         ${status.lateHoursLeftOut} hours got samples after retention had deleted their older ones: not in the roll-ups`,
        ]
      : []),
    ...status.invalidIndexes.map((name) => `INVALID      index ${name}: drop it, then migrate again`),
    ...status.bloat.map(
      (table) =>
        `bloat        ${table.name}: ${table.dead_rows} dead of ${table.dead_rows + table.live_rows} rows, last autovacuum ${table.last_autovacuum ?? 'never'}`,
    ),
  ];
  return lines.map((line) => line.trimEnd()).join('\n');
}

await runCommand(program);
