import { type JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { drawMap, type Drawing } from './draw.ts';
import { layoutOf } from './layout.ts';

/** Pixels of a small map: twice what it covers on screen. */
const SIZE = 320;

/** A map to look at, as a part of something that leads to the whole one. */
export function Thumbnail({ drawing }: { drawing: Drawing }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context) {
      drawMap(context, layoutOf(drawing.grid.bounds, SIZE, drawing.geometry), drawing);
    }
  }, [drawing]);
  return <canvas ref={canvas} width={SIZE} height={SIZE} aria-hidden="true" />;
}
