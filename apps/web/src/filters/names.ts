/** Names to choose from, as the service knows them. */
import { useRef } from 'preact/hooks';
import { question } from '../api/ask.ts';
import { type Answer, useAnswer } from '../api/use-answer.ts';

/** Names change with new products and steps, so seldom. */
const NAMES_S = 30;
const MOST_NAMES = 500;

const namesOf = (data: { readonly items: readonly { readonly name: string }[] } | undefined): string[] => [
  ...new Set(data?.items.map(({ name }) => name)),
];

export const useProducts = (): string[] =>
  namesOf(useAnswer(question('/v1/products', { query: { limit: MOST_NAMES } }), NAMES_S).data);

export const useSteps = (): string[] =>
  namesOf(useAnswer(question('/v1/steps', { query: { limit: MOST_NAMES } }), NAMES_S).data);

export const useEquipment = (): string[] =>
  namesOf(useAnswer(question('/v1/equipment', { query: { limit: MOST_NAMES } }), NAMES_S).data);

/** `answer` distinguishes "there are none" from "not known yet". */
export function useMetrics(): { readonly metrics: string[]; readonly answer: Answer<unknown> } {
  const answer = useAnswer(question('/v1/metrics', { query: { limit: MOST_NAMES } }), NAMES_S);
  return { metrics: namesOf(answer.data), answer };
}

/** Names of what is measured at a step: those of its newest inspection, and those of the catalogue. */
export function useMeasurements(step: string | undefined, product: string | undefined): string[] {
  const newest = useAnswer(
    step === undefined
      ? undefined
      : question('/v1/inspections', { query: { step, product, status: 'completed', limit: 1 } }),
    NAMES_S,
  );
  const id = newest.data?.items[0]?.id;
  const one = useAnswer(id === undefined ? undefined : question('/v1/inspections/{id}', { path: { id } }), NAMES_S);
  const catalogue = useAnswer(question('/v1/parameters', { query: { limit: MOST_NAMES } }), NAMES_S);
  // Until the newest inspection is read, those of the one before it.
  const of = `${step} ${product}`;
  const last = useRef({ of, measurements: one.data?.measurements });
  if (one.data || last.current.of !== of) {
    last.current = { of, measurements: one.data?.measurements };
  }
  const measured = (last.current.measurements ?? []).filter((measurement) => measurement.step === step);
  const specified = (catalogue.data?.items ?? []).filter(
    (entry) => (entry.step ?? step) === step && (entry.product ?? product) === product,
  );
  return [...new Set([...namesOf({ items: measured }), ...namesOf({ items: specified })])].sort();
}
