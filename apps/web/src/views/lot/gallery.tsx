import { type JSX } from 'preact';
import { useLayoutEffect, useMemo } from 'preact/hooks';
import { type WaferMaps } from '@chip/client';
import { type Die } from '../../api/answers.ts';
import { timed } from '../../timing.ts';
import { type Drawing } from '../../wafer/draw.ts';
import { boundsOf, DiceGrid, isDrawable } from '../../wafer/footprint.ts';
import { Thumbnail } from '../../wafer/thumbnail.tsx';

interface GalleryWafer {
  readonly wafer: string;
  readonly address: string;
  /** Its yield in words. */
  readonly figures: string;
}

export interface GalleryProps {
  readonly wafers: readonly GalleryWafer[];
  readonly maps: WaferMaps | undefined;
  /** What all maps have in common; undefined while something is still missing. */
  readonly look: Omit<Drawing, 'grid' | 'geometry'> | undefined;
}

/** All wafers side by side, each of which leads to its page. Empty discs while there are no maps. */
export function Gallery({ wafers, maps, look }: GalleryProps): JSX.Element {
  const began = performance.now();
  const drawings = useMemo(() => {
    const bounds = maps && look && boundsOf([...maps.places, ...look.footprint]);
    return bounds && isDrawable(bounds)
      ? new Map(
          maps.wafers.map((one) => [
            one.wafer_id,
            { ...look, geometry: maps.geometry, grid: new DiceGrid(diceOf(maps, one), bounds) },
          ]),
        )
      : undefined;
  }, [maps, look?.scale, look?.shown, look?.palette, look?.footprint]);
  // Runs after the effects of the thumbnails, which draw.
  useLayoutEffect(() => {
    if (drawings) {
      timed('gallery', began);
    }
  }, [drawings]);
  return (
    <ul class="gallery">
      {wafers.map(({ wafer, address, figures }) => {
        const drawing = drawings?.get(wafer);
        return (
          <li key={wafer}>
            <a href={address}>
              {drawing ? <Thumbnail drawing={drawing} /> : <span class="no-map" />}
              <strong>{wafer}</strong> <span>{figures}</span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}

function diceOf({ places }: WaferMaps, { values }: WaferMaps['wafers'][number]): Die[] {
  const dice: Die[] = [];
  for (const [index, [x, y]] of places.entries()) {
    const value = values[index] ?? null;
    if (value !== null) {
      dice.push([x, y, value]);
    }
  }
  return dice;
}
