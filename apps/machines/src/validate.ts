import { createReadStream } from 'node:fs';
import { here, onOutputWithoutReader, wholeNumber } from '@chip/service/command';
import { judgeRecord, type Verdict } from '@chip/classify';
import { type MachineTopic, parseTime, streamOf, STREAMS } from '@chip/contracts';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';

/**
 * For machine vendors before they go live: the same classification as in ingest, on a file. It needs neither broker nor
 * database, and does not judge what only they know (an inspection type that the site has not listed, an event id that
 * was used before).
 */

const program = new Command('validate')
  .description(
    [
      'Checks events as ingest would: each is accepted, or refused with code, field, what came and what is expected.',
      'The file has one record per line (JSON lines), as it would be published. Does not need a running stack.',
    ].join('\n'),
  )
  .addArgument(new Argument('<topic>', 'machine topic').choices(STREAMS.map(({ source }) => source)))
  .argument('<file>', 'file to read, or - for standard input')
  .option('--at <time>', 'judge times as if published at this RFC 3339 time (default: now)', (text) => {
    const timeUs = parseTime(text);
    if (Number.isNaN(timeUs)) {
      throw new InvalidArgumentError('expected an RFC 3339 time, for example 2026-01-20T10:30:00Z');
    }
    return timeUs / 1000;
  })
  .addOption(
    new Option('--retention-days <days>', 'telemetry older than this is refused; 0 = no limit')
      .default(90)
      .argParser(wholeNumber()),
  )
  .option('--quiet', 'name only refused events')
  .option('--json', 'print one JSON object per event instead of sentences')
  .addHelpText(
    'after',
    [
      '',
      'Example:',
      '  npm run -s validate -- inspection.results.v1 events.jsonl',
      '  tail -n 100 samples.jsonl | npm run -s validate -- telemetry.samples.v1 - --at 2026-01-20T10:30:00Z',
      '',
      'Exit code: 0 if everything is accepted, 1 if something is refused, 2 for wrong usage.',
    ].join('\n'),
  )
  .action(
    async (
      topic: MachineTopic,
      file: string,
      options: { at?: number; retentionDays: number; quiet?: boolean; json?: boolean },
    ) => {
      const input = file === '-' ? process.stdin : createReadStream(here(file));
      const failed = new Promise<never>((_, reject) => input.once('error', reject));
      let [line, accepted, refused, unknown] = [0, 0, 0, 0];
      const read = async (): Promise<void> => {
        for await (const value of linesOf(input)) {
          line++;
          if (/^[ \t]*$/.test(value.toString('latin1'))) {
            continue;
          }
          const record = { timestamp: options.at ?? Date.now(), value, headers: {} };
          const { verdicts, unknownFields } = judgeRecord(topic, record, options.retentionDays * 86_400_000);
          unknown += unknownFields;
          for (const verdict of verdicts) {
            if (verdict.refusal === null) {
              accepted++;
            } else {
              refused++;
            }
            if (options.quiet && verdict.refusal === null) {
              continue;
            }
            console.log(options.json ? JSON.stringify({ line, ...verdict }) : sentence(line, verdict));
          }
        }
      };
      await Promise.race([read(), failed]);
      console.error(
        `${accepted} accepted, ${refused} refused` +
          (unknown > 0 ? `; ${unknown} unknown fields would be kept in _extra` : '') +
          (line === 0
            ? `; the input is empty (a record may have up to ${streamOf(topic)!.limits.eventBytes} bytes)`
            : ''),
      );
      process.exitCode = refused > 0 || line === 0 ? 1 : 0;
    },
  );

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Lines as bytes: invalid UTF-8 must be refused, and other line separators, such as U+2028, may be part of a text. */
async function* linesOf(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const whole = (line: Buffer): Buffer => (line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line);
  let begun: Buffer[] = [];
  for await (const chunk of input) {
    let from = 0;
    for (let to = chunk.indexOf(LINE_FEED); to >= 0; to = chunk.indexOf(LINE_FEED, from)) {
      yield whole(Buffer.concat([...begun, chunk.subarray(from, to)]));
      begun = [];
      from = to + 1;
    }
    if (from < chunk.length) {
      begun.push(chunk.subarray(from));
    }
  }
  if (begun.length > 0) {
    yield whole(Buffer.concat(begun));
  }
}

const sentence = (line: number, { index, refusal }: Verdict): string =>
  `line ${line}${index === undefined ? '' : `, element ${index}`}: ` +
  (refusal === null ? 'accepted' : `refused, ${refusal.code}: ${refusal.detail}`);

program.exitOverride();
// The input may be endless.
onOutputWithoutReader(() => process.exit());
try {
  await program.parseAsync();
} catch (error) {
  const exitCode = (error as { exitCode?: number }).exitCode;
  if (exitCode === undefined) {
    console.error(`validate: ${error instanceof Error ? error.message : String(error)}`);
  }
  process.exitCode = exitCode === 0 ? 0 : 2;
}
