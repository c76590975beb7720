/** The recipes of docs/extending.md that people follow by hand: what they would write for an invented case of each. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { addEntry, type Edit, insertBefore, insertBehind } from './edit.ts';

/** What to write: the text of a new file, or the changes to one that exists. */
export type Recipe = Readonly<Record<string, string | readonly Edit[]>>;

const MIGRATIONS = 'libs/persistence/src/schema/migrations';

/** Inspections name the chuck that held the wafer. */
export function columnOfInspections(workspace: string): Recipe {
  const numbers = readdirSync(path.join(workspace, MIGRATIONS)).map((file) => Number(/^\d{4}/.exec(file)?.[0] ?? 0));
  const name = `${String(Math.max(...numbers) + 1).padStart(4, '0')}-chucks`;
  return {
    'libs/contracts/src/streams/inspection/run-fields.ts': [addEntry(/^export const RUN_FIELDS/m, `chuck_id: 'name'`)],
    [`${MIGRATIONS}/${name}.ts`]: `
import { SchemaMigration } from './schema-migration.ts';

/** The chuck that held the wafer. */
export class Chucks extends SchemaMigration {
  override name = '${name}';

  override up(): void {
    this.addSql(\`
ALTER TABLE inspections ADD COLUMN chuck_id text;
ALTER TABLE inspection_attempts ADD COLUMN chuck_id text;
\`);
  }
}
`,
    [`${MIGRATIONS}/index.ts`]: [
      insertBehind(/^import .* from '\.\/.*';\n/, `import { Chucks } from './${name}.ts';\n`),
      addEntry(/^export const MIGRATIONS/m, `{ name: '${name}', class: Chucks }`),
    ],
  };
}

/** Machines write traces: one line per value, `time;equipment;metric;value`. */
export const FILE_FORMAT: Recipe = {
  'apps/machines/src/replay/trace/source.ts': `
import { TELEMETRY, type TelemetrySample } from '@chip/contracts';
import { openSource } from '../source-file.ts';
import type { ReplayBatch, ReplaySource } from '../source.ts';

/** A trace, plain or gzip: every line is one value. @throws InputError when the file cannot be read */
export async function openTrace(file: string): Promise<ReplaySource> {
  const source = await openSource(file);
  return {
    topic: TELEMETRY.source,
    notes: [],
    get progress() {
      return source.sizeBytes === 0 ? 1 : source.bytesRead / source.sizeBytes;
    },
    async *batches() {
      let rest = '';
      let linesRead = 0;
      for await (const text of source.text()) {
        const lines = (rest + text).split('\\n');
        rest = lines.pop() ?? '';
        yield toBatch(lines, linesRead);
        linesRead += lines.length;
      }
      if (rest !== '') {
        yield toBatch([rest], linesRead);
      }
    },
  };
}

function toBatch(lines: readonly string[], linesBefore: number): ReplayBatch {
  const events: TelemetrySample[] = [];
  const problems: { line: number; problem: string }[] = [];
  for (const [index, line] of lines.entries()) {
    const [time = '', service_name = '', metric_name = '', value = ''] = line.split(';');
    const metric_value = value === '' ? NaN : Number(value);
    if (Number.isFinite(metric_value)) {
      events.push({ time, service_name, metric_name, metric_value });
    } else {
      problems.push({ line: linesBefore + index + 1, problem: \`value: \${value === '' ? 'is missing' : 'is not a number'}\` });
    }
  }
  return { recordsRead: lines.length, events, problems };
}
`,
  'apps/machines/src/replay/trace/source.spec.ts': `
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import type { ReplayBatch } from '../source.ts';
import { openTrace } from './source.ts';

it('reads each line as a sample, and names the lines that hold none', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'trace-'));
  const file = path.join(folder, 'trace.txt');
  writeFileSync(file, '2026-03-01T08:00:00Z;etcher-1;pressure;3.5\\n2026-03-01T08:00:01Z;etcher-1;pressure;\\n2026-03-01T08:00:02Z;etcher-1;pressure;3.6');
  const batches: ReplayBatch[] = [];
  for await (const batch of (await openTrace(file)).batches()) {
    batches.push(batch);
  }
  rmSync(folder, { recursive: true });
  expect(batches.flatMap(({ events }) => events)).toEqual([
    { time: '2026-03-01T08:00:00Z', service_name: 'etcher-1', metric_name: 'pressure', metric_value: 3.5 },
    { time: '2026-03-01T08:00:02Z', service_name: 'etcher-1', metric_name: 'pressure', metric_value: 3.6 },
  ]);
  expect(batches.flatMap(({ problems }) => problems)).toEqual([{ line: 2, problem: 'value: is missing' }]);
});
`,
  'apps/machines/src/replay.ts': [
    insertBehind(/^import .* from '\.\/.*';\n/, `import { openTrace } from './replay/trace/source.ts';\n`),
    insertBefore(
      /^command\.on\('command:\*'/,
      `common(
  command
    .command('trace')
    .argument('<file>', 'trace, plain or gzip')
    .description('A trace of equipment: every line becomes a telemetry sample.'),
).action(async (file: string, options: CommonOptions) => {
  process.exitCode = await replay(() => openTrace(here(file)), { ...options, arraySize: 200, maxProblems: 100 });
});

`,
    ),
  ],
};
