import { type JSX } from 'preact';

interface Option {
  readonly value: string;
  readonly label: string;
  /** Heading under which the option is listed. */
  readonly group?: string;
}

export interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChange: (value: string) => void;
}

/** A labelled choice of one among several. */
export function Select({ label, value, options, onChange }: SelectProps): JSX.Element {
  const groups = Map.groupBy(options, ({ group }) => group);
  return (
    <label class="select">
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {[...groups].map(([group, members]) => {
          const listed = members.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ));
          return group === undefined ? (
            listed
          ) : (
            <optgroup key={group} label={group}>
              {listed}
            </optgroup>
          );
        })}
      </select>
    </label>
  );
}
