/** The inspection that a map shows, and what can be shown of it: what the gallery of a lot and its wafers share. */
import { useMemo } from 'preact/hooks';
import { type BinPareto, type Lot, type LotMap, type Yield } from '@chip/client';
import { question } from '../api/ask.ts';
import { type Answer, useAnswer } from '../api/use-answer.ts';
import { useAddress } from '../shared/location.ts';
import { isDark } from '../settings/settings.ts';
import { DARK, LIGHT, type Palette } from '../colours/palette.ts';
import { stepEnd } from '../format/numbers.ts';
import { texts } from '../texts/texts.ts';
import { binScale, countScale, resultScale, type Scale, shownOf, type Value, valueScale } from './scale.ts';

export interface Operation {
  readonly inspection_type: string;
  readonly step: string;
  readonly attempts: number;
}

/** What selects an operation in a statistic. */
export interface OperationFilter {
  readonly inspection_type: string[];
  readonly step: string[];
}

const filterOf = (operation: Operation | undefined): OperationFilter | undefined =>
  operation && { inspection_type: [operation.inspection_type], step: [operation.step] };

/** A filter of a statistic, which takes several values. */
const manyOf = (value: string | undefined): string[] | undefined => (value === undefined ? undefined : [value]);

/** The operations of a lot in the order in which they began. */
function operationsOf({ history }: Pick<Lot, 'history'>): Operation[] {
  const known = new Map<string, Operation>();
  for (const { inspection_type, step, attempts } of history) {
    const name = `${inspection_type}\0${step}`;
    known.set(name, { inspection_type, step, attempts: (known.get(name)?.attempts ?? 0) + attempts });
  }
  return [...known.values()];
}

/** The chosen operation, else the one with the most attempts: it covers whole wafers. */
function chosenOperation(
  operations: readonly Operation[],
  query: Readonly<Record<string, string>>,
): Operation | undefined {
  const chosen = operations.find(
    ({ inspection_type, step }) => inspection_type === query['inspection_type'] && step === (query['step'] ?? ''),
  );
  return (
    chosen ??
    operations.reduce<Operation | undefined>(
      (most, one) => (most === undefined || one.attempts > most.attempts ? one : most),
      undefined,
    )
  );
}

/** Values of an attempt itself; any other name is a measurement. */
export const OWN_VALUES = ['result', 'hard_bin', 'soft_bin', 'defect_count'] as const;

/** A measurement with what its machine states about it. */
export interface Measured {
  readonly name: string;
  readonly unit: string | null;
  readonly lower: number | null;
  readonly upper: number | null;
}

interface Choices {
  readonly measurements: readonly Measured[];
  readonly bins: Answer<BinPareto>;
}

/** What the chosen operation offers: the measurements of one of its inspections, and its bins by frequency. */
function useChoices(lot: string, site: string | undefined, operation: Operation | undefined, value: string): Choices {
  // Rarely changes: one look is enough for as long as the lot is on screen.
  const sample = useAnswer(
    operation &&
      question('/v1/inspections', {
        query: {
          lot_id: lot,
          site,
          inspection_type: operation.inspection_type,
          step: operation.step || undefined,
          status: 'completed',
          limit: 1,
        },
      }),
    60,
  );
  const id = sample.data?.items[0]?.id;
  const detail = useAnswer(id === undefined ? undefined : question('/v1/inspections/{id}', { path: { id } }), 60);
  const filter = filterOf(operation);
  const bin = value === 'hard_bin' ? 'hard' : value === 'soft_bin' ? 'soft' : undefined;
  const bins = useAnswer(
    filter && bin
      ? question('/v1/bins/pareto', { query: { ...filter, site: manyOf(site), lot_id: [lot], bin } })
      : undefined,
    5,
  );
  const measurements = new Map<string, Measured>();
  for (const { name, step, unit, lower_limit: lower, upper_limit: upper } of detail.data?.measurements ?? []) {
    if (step === operation?.step) {
      measurements.set(name, { name, unit, lower, upper });
    }
  }
  return { measurements: [...measurements.values()], bins };
}

/** Places of the dice of a lot change only with its first wafers. */
const FOOTPRINT_S = 30;

/** What a view of a lot begins with, as its address chooses. */
export interface LotOperation {
  readonly lot: Answer<Lot>;
  readonly site: string | undefined;
  readonly value: string;
  readonly operations: readonly Operation[];
  readonly operation: Operation | undefined;
  readonly filter: OperationFilter | undefined;
  readonly choices: Choices;
  /** By wafer. */
  readonly yields: Answer<Yield>;
  /** Places of all dice of the lot, whatever was inspected. */
  readonly footprint: Answer<LotMap>;
  readonly palette: Palette;
  /** Entries of the legend to show; empty = all. */
  readonly shown: ReadonlySet<string>;
}

export function useLotOperation(name: string, everyS: number): LotOperation {
  const { query } = useAddress();
  const { site, value = 'result', only } = query;
  const lot = useAnswer(question('/v1/lots/{lot_id}', { path: { lot_id: name }, query: { site } }), everyS);
  const operations = useMemo(() => (lot.data ? operationsOf(lot.data) : []), [lot.data]);
  const operation = chosenOperation(operations, query);
  const filter = filterOf(operation);
  const choices = useChoices(name, site, operation, value);
  const yields = useAnswer(
    filter && question('/v1/yield', { query: { ...filter, site: manyOf(site), lot_id: [name], group_by: 'wafer' } }),
    3,
  );
  const footprint = useAnswer(
    question('/v1/lots/{lot_id}/map', { path: { lot_id: name }, query: { site, mix: 'yes' } }),
    FOOTPRINT_S,
  );
  const shown = useMemo(() => shownOf(only), [only]);
  return {
    lot,
    site,
    value,
    operations,
    operation,
    filter,
    choices,
    yields,
    footprint,
    palette: currentPalette(),
    shown,
  };
}

export const currentPalette = (): Palette => (isDark() ? DARK : LIGHT);

/** The scale of a value, for all maps that are compared with each other; undefined while something is still missing. */
export function scaleOf(
  value: string,
  values: () => Iterable<Value | null>,
  { measurements, bins }: Choices,
  palette: Palette,
): Scale | undefined {
  const t = texts().wafer;
  switch (value) {
    case 'result':
      return resultScale(palette, t);
    case 'hard_bin':
    case 'soft_bin':
      return bins.data && binScale(bins.data.groups, palette, t);
    case 'defect_count':
      return countScale(values(), palette, t);
    default: {
      const { lower = null, upper = null } = measurements.find(({ name }) => name === value) ?? {};
      return valueScale(values(), { lower, upper }, stepEnd, palette, t);
    }
  }
}
