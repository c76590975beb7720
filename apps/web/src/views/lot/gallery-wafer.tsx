import { type JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { type WaferMap } from '@chip/client';
import { type Die } from '../../api/answers.ts';
import { type Question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { texts } from '../../texts/texts.ts';
import { type Drawing } from '../../wafer/draw.ts';
import { type Bounds, boundsOf, DiceGrid, isDrawable } from '../../wafer/footprint.ts';
import { Thumbnail } from '../../wafer/thumbnail.tsx';

/** What all maps of a gallery have in common. */
interface Look extends Omit<Drawing, 'grid'> {
  readonly bounds: Bounds;
}

export interface GalleryWaferProps {
  readonly wafer: string;
  readonly address: string;
  readonly map: Question<WaferMap> | undefined;
  readonly look: Look | undefined;
  /** Its yield in words. */
  readonly figures: string;
  readonly onDice: (dice: readonly Die[]) => void;
}

/** A gallery asks for many maps, so each of them rests longer. */
const EVERY_S = 10;

/** One wafer of a gallery, which leads to its page. */
export function GalleryWafer({ wafer, address, map, look, figures, onDice }: GalleryWaferProps): JSX.Element {
  const { data, problem } = useAnswer(map, EVERY_S);
  useEffect(() => {
    if (data) {
      onDice(data.dies);
    }
  }, [data]);
  const drawing = useMemo(() => {
    const bounds = data && look && boundsOf([...data.dies, ...look.footprint]);
    return data && look && bounds && isDrawable(bounds)
      ? { ...look, grid: new DiceGrid(data.dies, bounds) }
      : undefined;
  }, [data, look?.bounds, look?.scale, look?.shown, look?.palette, look?.footprint]);
  return (
    <li>
      <a href={address}>
        {drawing ? <Thumbnail drawing={drawing} /> : <span class="no-map">{problem ? texts().states.failed : ''}</span>}
        <strong>{wafer}</strong> <span>{figures}</span>
      </a>
    </li>
  );
}
