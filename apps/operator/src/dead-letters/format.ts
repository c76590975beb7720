import { isUtf8 } from 'node:buffer';
import { laidOut, type Letter } from '@chip/letters';
import { oneLine, printable } from '../printable.ts';
import type { LetterCount } from './counts.ts';

const number = (value: number): string => value.toLocaleString('en-US');

/** The counts as a table, each cause with its most frequent details and origins. */
export function formatCounts(topic: string, counts: readonly LetterCount[], isFiltered = false): string {
  const total = counts.reduce((sum, { letters }) => sum + letters, 0);
  const repeats = counts.reduce((sum, count) => sum + count.repeats, 0);
  if (total === 0) {
    return `${topic}: no ${isFiltered ? 'such ' : ''}dead letters`;
  }
  const open = counts.reduce((sum, { letters, replayed }) => sum + letters - (replayed ?? 0), 0);
  const lines = [
    `${topic}: ${number(total)} dead letters` +
      (repeats === 0 ? '' : ` (and ${number(repeats)} repeats of the same keys, not counted)`) +
      (open === total ? '' : `, ${number(open)} of them not replayed yet`),
  ];
  for (const count of counts) {
    const times = count.first_failed_at === null ? '' : `, ${count.first_failed_at} to ${count.last_failed_at}`;
    lines.push(
      '',
      `${number(count.letters).padStart(9)}  ${count.code || '(no dead letter)'}, stage ${count.stage || '?'}${times}`,
    );
    const indent = ' '.repeat(11);
    for (const { text, letters } of count.details) {
      if (text !== '') {
        lines.push(`${indent}${number(letters)} x ${oneLine(text).slice(0, 200)}`);
      }
    }
    if (count.origins.length > 0) {
      lines.push(
        `${indent}from ${count.origins.map(({ text, letters }) => `${oneLine(text)} (${number(letters)})`).join(', ')}`,
      );
    }
    if (count.replayed) {
      lines.push(`${indent}${number(count.replayed)} replayed`);
    }
    if (count.uncertain) {
      lines.push(`${indent}${number(count.uncertain)} uncertain: their replay was interrupted (see replay --help)`);
    }
    if (count.failed_again) {
      lines.push(`${indent}${number(count.failed_again)} replayed before and failed again`);
    }
  }
  return printable(lines.join('\n'));
}

const content = (bytes: Buffer): { text: string } | { base64: string } =>
  isUtf8(bytes) ? { text: bytes.toString() } : { base64: bytes.toString('base64') };

/** One letter as an object for programs: text where it is UTF-8, else base64. */
export function letterAsJson(letter: Letter): object {
  const { value, headers, sourceKey, replay, truncated, ...rest } = letter;
  return {
    key: rest.key,
    code: rest.code,
    detail: rest.detail,
    stage: rest.stage,
    failed_at: rest.failedAt,
    source_partition: rest.sourcePartition,
    source_offset: rest.sourceOffset,
    dead_letter_partition: rest.partition,
    dead_letter_offset: rest.offset,
    ...(replay === undefined ? {} : { replay_of: replay.of, replay_count: replay.count }),
    ...(truncated === undefined ? {} : { truncated }),
    source_key: sourceKey === undefined ? null : content(sourceKey),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, given]) => [
        name,
        Buffer.isBuffer(given) ? content(given) : (given as readonly Buffer[]).map(content),
      ]),
    ),
    value: value === null ? null : content(value),
  };
}

/** Longer values are truncated on a terminal. */
const MAX_SHOWN_CHARACTERS = 8_000;
const HEX_ROW_BYTES = 16;
const MAX_HEX_BYTES = 512;

function hexDump(bytes: Buffer): string {
  const rows: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, MAX_HEX_BYTES); at += HEX_ROW_BYTES) {
    const row = bytes.subarray(at, at + HEX_ROW_BYTES);
    const hex = row
      .toString('hex')
      .replace(/../g, '$& ')
      .padEnd(HEX_ROW_BYTES * 3);
    rows.push(`${at.toString(16).padStart(6, '0')}  ${hex} ${row.toString('latin1').replace(/[^\x20-\x7e]/g, '.')}`);
  }
  return rows.join('\n');
}

function valueText(value: Buffer | null, isWhole: boolean): string {
  if (value === null) {
    return '(null)';
  }
  if (!isUtf8(value)) {
    const cut = value.length > MAX_HEX_BYTES ? `\n… ${value.length} bytes, not UTF-8; all of them: --json` : '';
    return `${hexDump(value)}${cut}`;
  }
  const received = value.toString();
  const text = laidOut(received) ?? received;
  const cut = !isWhole && text.length > MAX_SHOWN_CHARACTERS;
  return (
    printable(cut ? text.slice(0, MAX_SHOWN_CHARACTERS) : text) + (cut ? '\n… truncated; show all of it: --full' : '')
  );
}

/** One letter for a person. */
export function formatLetter(letter: Letter, isWhole: boolean): string {
  const fact = (name: string, value: string): string => `${name.padEnd(12)} ${oneLine(value)}`;
  const bytes = (value: Buffer): string => (isUtf8(value) ? value.toString() : `0x${value.toString('hex')}`);
  return [
    fact('key', letter.key),
    fact('refused', `${letter.code || '(no dead letter)'} by ${letter.stage || '?'} at ${letter.failedAt || '?'}`),
    fact('detail', letter.detail),
    fact('stored at', `partition ${letter.partition} offset ${letter.offset} of the dead-letter topic`),
    ...(letter.replay === undefined
      ? []
      : [fact('replayed', `${letter.replay.count} times; last from ${letter.replay.of}`)]),
    ...(letter.truncated === undefined ? [] : [fact('truncated', letter.truncated)]),
    ...(letter.sourceKey === undefined ? [] : [fact('record key', bytes(letter.sourceKey))]),
    ...Object.entries(letter.headers).map(([name, given]) =>
      fact(
        'header',
        `${name}: ${(Buffer.isBuffer(given) ? [given] : (given as readonly Buffer[])).map(bytes).join(', ')}`,
      ),
    ),
    fact('value', letter.value === null ? '' : `${number(letter.value.length)} bytes`),
    valueText(letter.value, isWhole).replace(/^/gm, '  '),
  ].join('\n');
}
