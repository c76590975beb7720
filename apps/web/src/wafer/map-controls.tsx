import { type JSX } from 'preact';
import { useAddress } from '../shared/location.ts';
import { Select } from '../shared/choice.tsx';
import { texts } from '../texts/texts.ts';
import { type Measured, type Operation, OWN_VALUES } from './operation.ts';

export interface MapControlsProps {
  readonly operations: readonly Operation[];
  readonly operation: Operation | undefined;
  readonly measurements: readonly Measured[];
  readonly value: string;
}

const nameOf = ({ inspection_type, step }: Operation): string => JSON.stringify([inspection_type, step]);

/** Chooses the inspection and the value that maps show; both are in the address. */
export function MapControls({ operations, operation, measurements, value }: MapControlsProps): JSX.Element | null {
  const { change } = useAddress();
  const t = texts().lot;
  if (!operation) {
    return null;
  }
  return (
    <div class="controls">
      <Select
        label={t.operation}
        value={nameOf(operation)}
        options={operations.map((one) => ({
          value: nameOf(one),
          label: one.step === '' ? one.inspection_type : `${one.step} · ${one.inspection_type}`,
        }))}
        onChange={(name) => {
          const [inspection_type, step] = JSON.parse(name) as [string, string];
          // A measurement of one inspection is not one of the next.
          const isOwn = (OWN_VALUES as readonly string[]).includes(value);
          change({ inspection_type, step, only: undefined, die: undefined, ...(isOwn ? {} : { value: undefined }) });
        }}
      />
      <Select
        label={t.value}
        value={value}
        options={[
          ...OWN_VALUES.map((name) => ({ value: name, label: t.values[name] })),
          ...measurements.map(({ name, unit }) => ({
            value: name,
            label: unit ? `${name}, ${unit}` : name,
            group: t.measurements,
          })),
        ]}
        onChange={(name) => change({ value: name === 'result' ? undefined : name, only: undefined })}
      />
    </div>
  );
}
