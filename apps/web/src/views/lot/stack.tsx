import { type JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { type Die, type StackedDie } from '../../api/answers.ts';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { percent, whole } from '../../format/numbers.ts';
import { Panel } from '../../shared/panel.tsx';
import { Empty } from '../../shared/states.tsx';
import { texts } from '../../texts/texts.ts';
import { boundsOf, DiceGrid, isDrawable } from '../../wafer/footprint.ts';
import { type Geometry } from '../../api/answers.ts';
import { Legend } from '../../wafer/legend.tsx';
import { currentPalette, type OperationFilter } from '../../wafer/operation.ts';
import { valueScale } from '../../wafer/scale.ts';
import { WaferMap } from '../../wafer/wafer-map.tsx';

export interface StackProps {
  readonly lot: string;
  readonly site: string | undefined;
  readonly filter: OperationFilter;
  readonly footprint: readonly StackedDie[] | undefined;
}

/** All wafers of a lot on top of each other: a pattern that repeats from wafer to wafer shows here. */
export function Stack({ lot, site, filter, footprint = [] }: StackProps): JSX.Element {
  const answer = useAnswer(
    question('/v1/lots/{lot_id}/map', { path: { lot_id: lot }, query: { ...filter, site } }),
    10,
  );
  const t = texts();
  return (
    <Panel
      title={t.lot.stack}
      answer={answer}
      isEmpty={({ dies }) => dies.length === 0}
      sheet={({ dies }) => ({
        name: `${lot}-stack`,
        columns: ['x', 'y', 'failing_fraction', 'wafers'],
        rows: dies,
      })}
    >
      {({ dies, geometry }) => <StackedMap label={t.lot.stack} dies={dies} footprint={footprint} geometry={geometry} />}
    </Panel>
  );
}

function StackedMap({
  label,
  dies,
  footprint,
  geometry,
}: {
  label: string;
  dies: readonly StackedDie[];
  footprint: readonly StackedDie[];
  geometry: Geometry | null;
}): JSX.Element {
  const t = texts();
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set());
  // Not its index, which moves with each die that is tested.
  const [selected, select] = useState<Die>();
  const palette = currentPalette();
  const grid = useMemo(() => {
    const bounds = boundsOf([...dies, ...footprint]);
    return bounds && isDrawable(bounds)
      ? new DiceGrid(
          dies.map(([x, y, failing]): Die => [x, y, failing]),
          bounds,
        )
      : undefined;
  }, [dies, footprint]);
  const scale = useMemo(
    () =>
      valueScale(
        dies.map(([, , failing]) => failing),
        { lower: null, upper: null },
        percent,
        palette,
        t.wafer,
      ),
    [dies, palette, t],
  );
  if (!grid) {
    return <Empty />;
  }
  return (
    <>
      <p class="hint">{t.lot.stackHint}</p>
      <WaferMap
        label={label}
        grid={grid}
        scale={scale}
        shown={shown}
        palette={palette}
        footprint={footprint}
        geometry={geometry}
        selected={selected && grid.indexAt(selected[0], selected[1])}
        onSelect={(index) => select(index === undefined ? undefined : grid.dice[index])}
        onOpen={() => {}}
        describe={(index) => {
          const [x, y, failing, tested] = dies[index] ?? [0, 0, 0, 0];
          return `${t.wafer.die(x, y)}: ${percent(failing)}, n = ${whole(tested)}`;
        }}
      />
      <Legend scale={scale} shown={shown} onChange={setShown} />
    </>
  );
}
