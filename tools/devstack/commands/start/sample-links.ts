/** Addresses of a lot, a wafer map and a chart that exist, for a newcomer to open first. */
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 500;

interface Inspection {
  readonly id: string;
  readonly lot_id: string;
  readonly wafer_id: string | null;
  readonly inspection_type: string;
  readonly product: string | null;
  readonly step: string | null;
  readonly measurement_count: number | null;
}

/**
 * @param waitMs how long to wait for the first inspection
 * @returns nothing if no inspection answers in that time: no data, or no right to read it
 */
export async function sampleLinks(queryUrl: string, waitMs: number, signal: AbortSignal): Promise<string[]> {
  const until = performance.now() + waitMs;
  for (;;) {
    try {
      const links = await linksNow(queryUrl, signal);
      if (links.length > 0 || performance.now() >= until) {
        return links;
      }
    } catch {
      // The links are a courtesy: problems of the service show elsewhere.
      if (signal.aborted || performance.now() >= until) {
        return [];
      }
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function linksNow(queryUrl: string, signal: AbortSignal): Promise<string[]> {
  const ask = async <T>(question: string): Promise<T> => {
    const response = await fetch(`${queryUrl}${question}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
    });
    if (!response.ok) {
      throw new Error(`${question} answers ${response.status}`);
    }
    return (await response.json()) as T;
  };
  const { items } = await ask<{ items: Inspection[] }>('/v1/inspections?status=completed&limit=100');
  const inspection = items.find(({ wafer_id: wafer, measurement_count: count }) => wafer !== null && (count ?? 0) > 0);
  if (!inspection) {
    return [];
  }
  const { measurements } = await ask<{ measurements: { name: string }[] }>(`/v1/inspections/${inspection.id}`);
  const of = (names: readonly (keyof Inspection)[]) =>
    new URLSearchParams(
      names
        .filter((name) => inspection[name] !== null)
        .map((name): [string, string] => [name, String(inspection[name])]),
    ).toString();
  const lot = `${queryUrl}/v1/lots/${encodeURIComponent(inspection.lot_id)}`;
  const parameter = encodeURIComponent(measurements[0]!.name);
  return [
    `a lot      ${lot}`,
    `a wafer    ${lot}/wafers/${encodeURIComponent(inspection.wafer_id!)}/map?${of(['inspection_type', 'step'])}`,
    `a chart    ${queryUrl}/v1/spc?chart=imr&parameter=${parameter}&${of(['product', 'inspection_type', 'step'])}`,
    `yields     ${queryUrl}/v1/yield?group_by=equipment&kind=first_pass`,
  ];
}
