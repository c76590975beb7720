import type { Block, StreamName } from '@chip/contracts';
import { InspectionLoader } from './inspection/inspection-loader.ts';
import type { Loader } from './loader.ts';
import { TelemetryLoader } from './telemetry-loader.ts';

/** The loader for the blocks of each stream. */
export const LOADERS: Readonly<Record<StreamName, (blocks: readonly Block[]) => Loader>> = {
  telemetry: (blocks) => new TelemetryLoader(blocks),
  inspection: (blocks) => new InspectionLoader(blocks),
};
