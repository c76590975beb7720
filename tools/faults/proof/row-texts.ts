/** The text of each row that the tables must hold, in the form of the SQL in observation.ts. */
import type { InspectionEvent, Sample } from '../load/stream.ts';
import { addTo, type Sums } from './sums.ts';

export const INSPECTION_TABLES = ['events', 'attempts', 'inspections', 'measurements', 'defects'] as const;
export type InspectionTable = (typeof INSPECTION_TABLES)[number];

/** Acknowledged records of one case so far. */
export interface OpenCase {
  readonly lot: string;
  readonly partition: number;
  seen: number;
  readonly events: { readonly event: InspectionEvent; readonly offset: number }[];
}

export const emptyTables = (): Record<InspectionTable, Sums> => ({
  events: new Map(),
  attempts: new Map(),
  inspections: new Map(),
  measurements: new Map(),
  defects: new Map(),
});

export function sampleText(sample: Sample): string {
  const tags =
    sample.vendor_note === undefined ? sample.tags : { ...sample.tags, _extra: { vendor_note: sample.vendor_note } };
  return [
    microsecondsOf(sample.time),
    sample.service_name,
    sample.metric_name,
    bitsOf(sample.metric_value),
    jsonbText(tags),
    sample.host ?? '~',
  ].join('|');
}

export function addCase(tables: Record<InspectionTable, Sums>, { lot, partition, events }: OpenCase): void {
  const inspections = new Map<string, InspectionEvent[]>();
  for (const { event, offset } of events) {
    const unit = `${lot}|${event.chip_id}|${event.inspection_type}`;
    inspections.set(unit, [...(inspections.get(unit) ?? []), event]);
    addTo(tables.events, lot, `${unit}|${event.event_id}|${attemptKeyOf(event)}|${partition}|${offset}`);
    for (const { name, value, unit: unitOfValue } of event.measurements ?? []) {
      const bits = value === null ? '~' : bitsOf(value);
      addTo(
        tables.measurements,
        lot,
        `${event.event_id}|${microsecondsOf(event.occurred_at)}|${name}|${bits}|${unitOfValue}`,
      );
    }
    event.defects?.forEach((defect, i) =>
      addTo(
        tables.defects,
        lot,
        `${event.event_id}|${i + 1}|${defect.class}|${bitsOf(defect.x_um)}|${bitsOf(defect.y_um)}`,
      ),
    );
  }
  for (const [unit, ofUnit] of inspections) {
    const attempts = Map.groupBy(ofUnit, attemptKeyOf);
    for (const [key, ofAttempt] of attempts) {
      const ids = ofAttempt.map(({ event_id }) => event_id).sort();
      addTo(tables.attempts, lot, `${unit}|${key}|${decisiveText(decisiveOf(ofAttempt))}|${ids.join(',')}`);
    }
    // The current row shows the latest attempt that has a result, else the latest.
    const decisive = [...attempts.values()].map(decisiveOf);
    const withResult = decisive.filter(({ result }) => result !== undefined);
    const current = latestOf(withResult.length > 0 ? withResult : decisive);
    addTo(tables.inspections, lot, `${unit}|${attemptKeyOf(current)}|${decisiveText(current)}`);
  }
}

const attemptKeyOf = ({ attempt, run_id, event_id }: InspectionEvent): string =>
  attempt !== undefined ? `a:${attempt}` : run_id !== undefined ? `r:${run_id}` : `e:${event_id}`;

const decisiveOf = (events: readonly InspectionEvent[]): InspectionEvent =>
  events.find(({ status }) => status === 'completed') ?? (events[0] as InspectionEvent);

const latestOf = (events: readonly InspectionEvent[]): InspectionEvent =>
  events.reduce((latest, event) => (event.occurred_at > latest.occurred_at ? event : latest));

const decisiveText = (event: InspectionEvent): string =>
  [
    event.status,
    event.result ?? '~',
    microsecondsOf(event.occurred_at),
    event.equipment_id ?? '~',
    event.hard_bin ?? '~',
  ].join('|');

function microsecondsOf(time: string): string {
  return `${Date.parse(`${time.slice(0, 23)}Z`)}${time.slice(23, 26)}`;
}

/** The exact bits, because two programs may print a float differently. */
function bitsOf(value: number): string {
  const bits = Buffer.allocUnsafe(8);
  bits.writeDoubleBE(value);
  return bits.toString('hex');
}

/** As jsonb prints it: shorter keys first, then by bytes. Sufficient for the generator's values. */
function jsonbText(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  const keys = Object.keys(value).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return `{${keys.map((key) => `${JSON.stringify(key)}: ${jsonbText((value as Record<string, unknown>)[key])}`).join(', ')}}`;
}
