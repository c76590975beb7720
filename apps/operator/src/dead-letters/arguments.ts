/** Parsers of the arguments and options of `dlq`. */
import { isDay } from '@chip/contracts';
import { wholeNumber } from '@chip/service/command';
import { InvalidArgumentError } from 'commander';

/** As Kafka allows them, with room for what the name of the dead-letter topic adds. */
const TOPIC_NAME = /^[A-Za-z0-9._-]{1,245}$/;
/** Letters are addressed by their machine topic; the name of the dead-letter topic means the same. */
export const machineTopic = (text: string): string => {
  const name = text.replace(/\.dlq$/, '');
  if (!TOPIC_NAME.test(name)) {
    throw new InvalidArgumentError(
      'Expected a machine topic, such as telemetry.samples.v1: letters, digits, ".", "_" and "-" only.',
    );
  }
  return name;
};

export const list = (text: string, previous: string[] = []): string[] => {
  const names = text.split(',').filter(Boolean);
  if (names.length === 0) {
    throw new InvalidArgumentError('Expected at least one value.');
  }
  return [...previous, ...names];
};
export const numbers = (text: string, previous: number[] = []): number[] => [
  ...previous,
  ...list(text).map(wholeNumber()),
];

export const time = (text: string): number => {
  const ms = Date.parse(text);
  if (!/^\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:\d\d))?$/.test(text) || Number.isNaN(ms) || !isDay(text.slice(0, 10))) {
    throw new InvalidArgumentError('Expected a day (UTC) or a time such as 2026-01-20T08:00:00Z.');
  }
  return ms;
};

export const offsetRange = (text: string): { from: number; to: number } => {
  const [, from, to] = /^(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  if (from === undefined || Number(to) < Number(from)) {
    throw new InvalidArgumentError('Expected <first>-<last>.');
  }
  return { from: Number(from), to: Number(to) };
};
