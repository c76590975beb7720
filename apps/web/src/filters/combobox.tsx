/** A choice among many by typing: the list narrows with each letter. Any other text may be typed as well. */
import { type JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { texts } from '../texts/texts.ts';

export interface ComboboxProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  /** Chosen or typed; empty for none. */
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
}

/** Most entries on screen: typing finds the others. */
const MOST_SHOWN = 50;

export function Combobox({ label, value, options, onChange, placeholder }: ComboboxProps): JSX.Element {
  const id = useId();
  /** What is being typed; absent while nobody types. */
  const [typed, setTyped] = useState<string>();
  /** The marked option. Not its index, which moves with the list. */
  const [active, setActive] = useState<string>();
  const [isOpen, setOpen] = useState(false);
  const wanted = (typed ?? '').toLowerCase();
  const found = options.filter((option) => option.toLowerCase().includes(wanted)).slice(0, MOST_SHOWN);
  const isListed = isOpen && found.length > 0;
  const at = active === undefined ? -1 : found.indexOf(active);

  const close = (): void => {
    setTyped(undefined);
    setActive(undefined);
    setOpen(false);
  };
  const choose = (chosen: string): void => {
    close();
    if (chosen !== value) {
      onChange(chosen);
    }
  };
  const onKey = (event: KeyboardEvent): void => {
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp': {
        const step = event.key === 'ArrowDown' ? 1 : -1;
        // From no option, up leads to the last one and down to the first.
        const from = at < 0 && step < 0 ? 0 : at;
        setActive(isListed ? found[(from + step + found.length) % found.length] : found.at(step > 0 ? 0 : -1));
        setOpen(true);
        break;
      }
      case 'Enter':
        choose((isListed ? found[at] : undefined) ?? typed?.trim() ?? value);
        break;
      case 'Escape':
        close();
        break;
      default:
        return;
    }
    event.preventDefault();
  };
  return (
    <div class="combobox">
      <label for={id}>{label}</label>
      <span class="field">
        <input
          id={id}
          role="combobox"
          autocomplete="off"
          spellcheck={false}
          aria-autocomplete="list"
          aria-expanded={isListed}
          aria-controls={isListed ? `${id}-list` : undefined}
          aria-activedescendant={isListed && at >= 0 ? `${id}-${at}` : undefined}
          placeholder={placeholder ?? texts().filters.any}
          value={typed ?? value}
          onFocus={({ currentTarget }) => currentTarget.select()}
          onClick={() => setOpen(true)}
          onInput={({ currentTarget }) => {
            setTyped(currentTarget.value);
            setActive(undefined);
            setOpen(true);
          }}
          onKeyDown={onKey}
          onBlur={() => choose(typed?.trim() ?? value)}
        />
        {value !== '' && (
          <button
            type="button"
            class="small clear"
            aria-label={texts().filters.remove(label)}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => choose('')}
          >
            ×
          </button>
        )}
        {isListed && (
          <ul id={`${id}-list`} role="listbox" aria-label={label}>
            {found.map((option, index) => (
              <li
                key={option}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === at}
                // The field keeps the focus.
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => choose(option)}
              >
                {option}
              </li>
            ))}
          </ul>
        )}
      </span>
    </div>
  );
}
