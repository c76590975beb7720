import { type JSX } from 'preact';
import { whole } from '../format/numbers.ts';
import { texts } from '../texts/texts.ts';
import { type Scale } from './scale.ts';

export interface LegendProps {
  readonly scale: Scale;
  /** Dice on screen by entry; absent where several maps share the legend. */
  readonly counts?: readonly number[];
  readonly shown: ReadonlySet<string>;
  readonly onChange: (shown: ReadonlySet<string>) => void;
}

/** The meaning of the colours. Choosing entries fades all other dice. */
export function Legend({ scale, counts, shown, onChange }: LegendProps): JSX.Element {
  const t = texts().wafer;
  const toggle = (key: string): void => {
    const next = new Set(shown);
    if (!next.delete(key)) {
      next.add(key);
    }
    onChange(next.size === scale.entries.length ? new Set() : next);
  };
  return (
    <div class="legend" role="group" aria-label={`${t.legend}. ${t.legendHint}`}>
      {scale.entries.map(({ key, label, colour }, i) => (
        <button
          key={key}
          type="button"
          aria-pressed={shown.has(key)}
          class={shown.size === 0 || shown.has(key) ? '' : 'faded'}
          onClick={() => toggle(key)}
        >
          <span class="swatch" style={{ backgroundColor: colour }} />
          {label}
          {counts && <small>{whole(counts[i] ?? 0)}</small>}
        </button>
      ))}
      {shown.size > 0 && (
        <button type="button" class="all" onClick={() => onChange(new Set())}>
          {t.showAll}
        </button>
      )}
    </div>
  );
}
