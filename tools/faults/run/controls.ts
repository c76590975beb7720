/**
 * Negative controls: deliberately broken systems, each with one component replaced. Unless the checker refuses every
 * one of them, it proves nothing about the real system.
 */
import path from 'node:path';
import { REPOSITORY_ROOT } from '../../devstack/layout.ts';
import { runCommand } from '../../devstack/processes/run-command.ts';
import { CATALOGUE } from '../catalogue/catalogue.ts';
import type { Fault } from '../catalogue/fault.ts';
import type { SystemUnderTest } from '../system/system.ts';

export interface Control {
  readonly name: string;
  readonly what: string;
  /** Source of the broken writer, below apps/writer/test/controls. */
  readonly writer?: string;
  /** Replaces a component of the database. */
  readonly spoil?: (system: SystemUnderTest) => Promise<unknown>;
  /** Must be refused for what it loses, not because it is late without any crash. */
  readonly patienceMs?: number;
  /** The faults in which it shows; each is injected until the checker notices. */
  readonly faults: readonly Fault[];
}

const named = (name: string): Fault => CATALOGUE.find((fault) => fault.name === name) as Fault;

export const CONTROLS: readonly Control[] = [
  {
    name: 'no-compare-and-set',
    what: 'positions move without comparison, and no one ends the session of a former owner',
    spoil: (system) => system.sql(WITHOUT_FENCE),
    faults: [named('commit late')],
  },
  {
    name: 'kafka-commit-first',
    what: 'the writer commits to Kafka before the database, and continues where Kafka says',
    writer: 'kafka-commit-first.ts',
    faults: [named('backend terminated in COPY'), named('all writers killed')],
  },
  {
    name: 'letters-after-position',
    what: 'dead letters are sent after the position has moved',
    writer: 'letters-after-position.ts',
    patienceMs: 3_000,
    faults: [named('all writers killed')],
  },
  {
    name: 'skip-by-accepted-offset',
    what: 'the writer skips blocks below the accepted offset that it remembers, whichever topic they are in',
    writer: 'skip-by-accepted-offset.ts',
    faults: [named('accepted topic recreated')],
  },
];

/**
 * The functions of the schema without their conditions. The second line of defence is removed as well; it would hide
 * that the first one is missing.
 */
const WITHOUT_FENCE = `
CREATE OR REPLACE FUNCTION move_position(p_topic text, p_partition integer, p_expected bigint, p_next bigint, p_append_time timestamptz,
  p_accepted_offset bigint, p_high_watermark bigint, p_records bigint, p_elements bigint, p_applied bigint,
  p_dead_lettered bigint, p_duplicates bigint, p_rows_written bigint) RETURNS void
LANGUAGE sql AS $$
  UPDATE stream_positions SET next_offset = p_next, append_time = greatest(append_time, p_append_time), accepted_offset = p_accepted_offset,
    records = records + p_records, skipped = skipped + (p_next - p_expected - p_records), elements = elements + p_elements,
    applied = applied + p_applied, dead_lettered = dead_lettered + p_dead_lettered, duplicates = duplicates + p_duplicates,
    rows_written = rows_written + p_rows_written, updated_at = clock_timestamp()
  WHERE source_topic = p_topic AND source_partition = p_partition
$$;
CREATE OR REPLACE FUNCTION take_partition(p_topic text, p_partition integer, p_owner text) RETURNS boolean
LANGUAGE sql AS $$
  UPDATE stream_positions SET owner = p_owner, backend_pid = pg_backend_pid(),
    backend_started_at = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
  WHERE source_topic = p_topic AND source_partition = p_partition;
  SELECT false
$$;`;

/** Compiles the broken writer into a folder of the run: it is never part of a build. @returns its entry */
export async function compileControl(writer: string, folder: string, signal: AbortSignal): Promise<string> {
  const home = path.join(REPOSITORY_ROOT, 'apps', 'writer');
  const output = path.join(folder, 'control');
  const [sources, controls] = [path.join(output, 'src'), path.join(output, 'test', 'controls')];
  await runCommand(
    process.execPath,
    [path.join(REPOSITORY_ROOT, 'tools', 'compile.mjs'), 'src', sources, 'test/controls', controls],
    { cwd: home, signal, onFailure: 'fix the control, then try again' },
  );
  return path.join(controls, writer.replace(/\.ts$/, '.js'));
}
