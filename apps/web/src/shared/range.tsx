/** A range of time that ends now, as a choice in the address: `?range=24h`. */
import { type JSX } from 'preact';
import { texts } from '../texts/texts.ts';
import { useAddress } from './location.ts';

const HOURS = { '24h': 24, '7d': 168, '30d': 720, all: undefined } as const;
export type RangeName = keyof typeof HOURS;
const NAMES = Object.keys(HOURS) as readonly RangeName[];

/** A range begins at a whole one of these parts of itself: 10 minutes of a day. In between, the question stays the same. */
const PARTS = 144;

/** The chosen range. */
export function useRange(unlessChosen: RangeName = '24h'): {
  readonly range: RangeName;
  readonly from: string | undefined;
} {
  const { query } = useAddress();
  const range = NAMES.find((name) => name === query['range']) ?? unlessChosen;
  const hours = HOURS[range];
  if (hours === undefined) {
    return { range, from: undefined };
  }
  const spanMs = hours * 3_600_000;
  const stepMs = spanMs / PARTS;
  return { range, from: new Date(Math.floor((Date.now() - spanMs) / stepMs) * stepMs).toISOString() };
}

export interface RangeChoiceProps {
  readonly unlessChosen?: RangeName;
  /** Parameters that a choice ends, such as those of a zoom. */
  readonly ends?: readonly string[];
}

export function RangeChoice({ unlessChosen, ends = [] }: RangeChoiceProps): JSX.Element {
  const { range } = useRange(unlessChosen);
  const { change } = useAddress();
  const t = texts().range;
  const labels: Readonly<Record<RangeName, string>> = { '24h': t.hours24, '7d': t.days7, '30d': t.days30, all: t.all };
  return (
    <fieldset class="choice">
      <legend class="hidden">{t.label}</legend>
      {NAMES.map((name) => (
        <label key={name} class={name === range ? 'chosen' : ''}>
          <input
            type="radio"
            name="range"
            checked={name === range}
            onChange={() => change({ ...Object.fromEntries(ends.map((one) => [one, undefined])), range: name })}
          />
          {labels[name]}
        </label>
      ))}
    </fieldset>
  );
}
