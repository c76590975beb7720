/** Events under the names that the OpenAPI document shows as examples: a route with data does more than one without. */
import { randomUUID } from 'node:crypto';

interface Batch {
  readonly topic: string;
  readonly messages: { readonly key: string; readonly value: string }[];
}

const WAFERS = ['W01', 'W02'];
const SIDE = 12;
const LOTS = ['LOT-2008-07-19', 'LOT-2008-07-20', 'LOT-2008-07-21'];

const inspection = (lot: string, wafer: string, x: number, y: number, nth: number): object => ({
  event_id: randomUUID(),
  site: 'fab-1',
  lot_id: lot,
  chip_id: `${wafer}-${x}-${y}`,
  inspection_type: 'electrical',
  status: 'completed',
  result: (x + y + nth) % 9 === 0 ? 'fail' : 'pass',
  occurred_at: new Date(Date.UTC(2008, 6, 19) + nth * 60_000).toISOString(),
  equipment_id: nth % 2 === 0 ? 'AOI-03' : 'AOI-04',
  recipe: 'CD-17',
  step: 'final-test',
  product: 'CQ-1000',
  wafer_id: wafer,
  die_x: x,
  die_y: y,
  hard_bin: (x + y) % 5,
  soft_bin: (x * y) % 7,
  inspected_area_cm2: 0.5,
  measurements: [{ name: 's000', value: 45 + ((nth * 7919) % 100) / 50, unit: 'nm', lower_limit: 40, upper_limit: 50 }],
  defects: nth % 10 === 0 ? [{ class: 'scratch', x_um: x, y_um: y, severity: 2 }] : [],
  metadata: { kind: 'x' },
});

export function exampleEvents(): Batch[] {
  const dies = LOTS.flatMap((lot) =>
    WAFERS.flatMap((wafer) =>
      Array.from({ length: SIDE * SIDE }, (_, die) => ({ lot, wafer, x: die % SIDE, y: Math.floor(die / SIDE) })),
    ),
  );
  const now = Date.now();
  return [
    {
      topic: 'inspection.results.v1',
      messages: dies.map(({ lot, wafer, x, y }, nth) => ({
        key: lot,
        value: JSON.stringify(inspection(lot, wafer, x, y, nth)),
      })),
    },
    {
      topic: 'telemetry.samples.v1',
      messages: Array.from({ length: 500 }, (_, nth) => ({
        key: 'host-1',
        value: JSON.stringify({
          time: new Date(now - nth * 1000).toISOString(),
          service_name: 'AOI-03',
          metric_name: 'response_time_ms',
          metric_value: 20 + (nth % 10),
          host: 'host-1',
        }),
      })),
    },
  ];
}
