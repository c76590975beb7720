/** Filters that several views share, in the address: `?product=…&step=…&equipment=…`. */
import { type ComponentChildren, type JSX } from 'preact';
import { Combobox } from './combobox.tsx';
import './filters.css';
import { useEquipment, useProducts, useSteps } from './names.ts';
import { useAddress } from '../shared/location.ts';
import { texts } from '../texts/texts.ts';

/** As the statistics take them. */
export interface Filters {
  readonly product: string[] | undefined;
  readonly step: string[] | undefined;
  readonly equipment_id: string[] | undefined;
}

const many = (name: string | undefined): string[] | undefined => (name ? [name] : undefined);

export function useFilters(): Filters {
  const { query } = useAddress();
  return { product: many(query['product']), step: many(query['step']), equipment_id: many(query['equipment']) };
}

export interface FilterBarProps {
  readonly hasMachine?: boolean;
  /** Choices of one view. */
  readonly children?: ComponentChildren;
}

export function FilterBar({ hasMachine = true, children }: FilterBarProps): JSX.Element {
  const { query, change } = useAddress();
  const products = useProducts();
  const steps = useSteps();
  const equipment = useEquipment();
  const t = texts().columns;
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      {(
        [
          ['product', t.product, products],
          ['step', t.step, steps],
          ['equipment', t.machine, hasMachine ? equipment : undefined],
        ] as const
      ).map(
        ([name, label, options]) =>
          options && (
            <Combobox
              key={name}
              label={label}
              value={query[name] ?? ''}
              options={options}
              onChange={(value) => change({ [name]: value || undefined })}
            />
          ),
      )}
      {children}
    </form>
  );
}
