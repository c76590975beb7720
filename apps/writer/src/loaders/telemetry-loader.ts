import type { Block } from '@chip/contracts';
import type { LoadSession } from '@chip/persistence';
import { CopyLoader, type CopyTarget, linesOf } from './copy-loader.ts';
import type { Loaded } from './loader.ts';
import type { RefusedElement } from './refused-element.ts';
import { deltasOf, mergedDeltas } from './rollup-deltas.ts';
import { giveBack, inSeriesOrder } from './series-order.ts';

const DELTA_COLUMNS = [
  'bucket',
  'service_name',
  'metric_name',
  'host',
  'sum_value',
  'sample_count',
  'min_value',
  'max_value',
];
/** Puts unknown fields back where the machine had them: the contract would refuse them inside `tags`. */
const tagsAsSent = (text: string | null): Record<string, unknown> => {
  if (text === null) {
    return {};
  }
  const { _extra: extra, ...tags } = JSON.parse(text) as Record<string, unknown>;
  const isExtra = typeof extra === 'object' && extra !== null;
  return { ...(isExtra ? extra : {}), tags: isExtra || extra === undefined ? tags : { ...tags, _extra: extra } };
};

const SAMPLES: CopyTarget = {
  table: 'system_metrics',
  columns: ['time', 'service_name', 'metric_name', 'metric_value', 'tags', 'host'],
  arrange: inSeriesOrder,
  giveBack,
  normalised: ([time, service_name, metric_name, value, tags, host]) => ({
    ...tagsAsSent(tags!),
    time,
    service_name,
    metric_name,
    metric_value: Number(value),
    ...(host === null ? {} : { host }),
  }),
};

/** Telemetry: samples into the hypertable and their share of the roll-ups, in one transaction. */
export class TelemetryLoader extends CopyLoader {
  readonly #blocks: readonly Block[];
  #deltas: Buffer | undefined;

  constructor(blocks: readonly Block[]) {
    super(blocks, SAMPLES);
    this.#blocks = blocks;
  }

  override async load(session: LoadSession): Promise<Loaded> {
    const loaded = await super.load(session);
    if (loaded.rows > 0) {
      this.#deltas ??= mergedDeltas(
        this.#blocks.map((block) => block.deltas ?? deltasOf([...linesOf(block)].map((line) => line.bytes))),
      );
      await session.copy('metrics_delta', DELTA_COLUMNS, [this.#deltas]);
    }
    return loaded;
  }

  override exclude(refused: readonly RefusedElement[]): void {
    super.exclude(refused);
    this.#deltas = deltasOf(this.lines());
  }
}
