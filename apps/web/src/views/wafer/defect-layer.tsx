import { type JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { type paths } from '@chip/client';
import { question } from '../../api/ask.ts';
import { type Answer, useAnswer } from '../../api/use-answer.ts';
import { type Palette } from '../../colours/palette.ts';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { texts } from '../../texts/texts.ts';
import { Legend } from '../../wafer/legend.tsx';
import { GLYPHS, type PlacedDefect } from '../../wafer/overlay.ts';
import { type Scale, shownOf, textOf } from '../../wafer/scale.ts';

type Defects =
  paths['/v1/lots/{lot_id}/wafers/{wafer_id}/defects']['get']['responses']['200']['content']['application/json'];

export interface DefectLayer {
  readonly answer: Answer<Defects>;
  readonly scale: Scale;
  readonly counts: readonly number[];
  /** Classes to show; empty = all. */
  readonly shown: ReadonlySet<string>;
  readonly placed: readonly PlacedDefect[];
}

const NONE: readonly Defects['defects'][number][] = [];

/** The defects of a wafer, whatever inspection found them, while the address asks for them. */
export function useDefects(lot: string, wafer: string, site: string | undefined, palette: Palette): DefectLayer {
  const { query } = useAddress();
  const t = texts().wafer;
  const answer = useAnswer(
    query['defects'] === 'yes'
      ? question('/v1/lots/{lot_id}/wafers/{wafer_id}/defects', {
          path: { lot_id: lot, wafer_id: wafer },
          query: { site },
        })
      : undefined,
    5,
  );
  const defects = answer.data?.defects ?? NONE;
  const { scale, counts } = useMemo(() => classScale(defects, palette, t.otherClasses), [defects, palette, t]);
  const shown = useMemo(() => shownOf(query['classes']), [query['classes']]);
  const placed = useMemo(
    () =>
      defects.flatMap((defect): PlacedDefect[] => {
        const kind = scale.indexOf(defect.class);
        const entry = kind === undefined ? undefined : scale.entries[kind];
        return kind !== undefined && entry && (shown.size === 0 || shown.has(entry.key)) ? [{ ...defect, kind }] : [];
      }),
    [defects, scale, shown],
  );
  return { answer, scale, counts, shown, placed };
}

/** Classes, the most frequent first. */
function classScale(
  defects: readonly { readonly class: string }[],
  palette: Palette,
  others: string,
): { scale: Scale; counts: readonly number[] } {
  const byClass = [...Map.groupBy(defects, (defect) => defect.class)].sort(
    ([a, some], [b, more]) => more.length - some.length || (a < b ? -1 : 1),
  );
  const named = byClass.slice(0, GLYPHS.length);
  const rest = byClass.slice(GLYPHS.length).reduce((sum, [, some]) => sum + some.length, 0);
  const index = new Map(named.map(([name], i) => [name, i]));
  return {
    scale: {
      entries: [
        ...named.map(([name], i) => ({
          key: name,
          label: `${GLYPHS[i]} ${name}`,
          colour: palette.categories[i] ?? palette.other,
          isFailing: true,
        })),
        ...(rest > 0 ? [{ key: '', label: others, colour: palette.other, isFailing: true }] : []),
      ],
      indexOf: (name) => index.get(String(name)) ?? named.length,
    },
    counts: [...named.map(([, some]) => some.length), ...(rest > 0 ? [rest] : [])],
  };
}

/** The classes of the defects on the map; choosing some hides the others. */
export function DefectLegend({ layer, name }: { layer: DefectLayer; name: string }): JSX.Element {
  const { change } = useAddress();
  const t = texts();
  return (
    <Panel
      title={t.chip.defects}
      answer={layer.answer}
      units={({ defects }) => defects.length}
      isEmpty={({ defects }) => defects.length === 0}
      empty={t.chip.noDefects}
      sheet={({ defects }) => ({
        name: `${name}-defects`,
        columns: ['die_x', 'die_y', 'x_um', 'y_um', 'class', 'size_um', 'severity'],
        rows: defects.map((one) => [one.die_x, one.die_y, one.x_um, one.y_um, one.class, one.size_um, one.severity]),
      })}
    >
      {({ is_truncated }) => (
        <>
          <Legend
            scale={layer.scale}
            counts={layer.counts}
            shown={layer.shown}
            onChange={(chosen) => change({ classes: textOf(chosen) })}
          />
          {is_truncated && <p class="warn">{t.chip.truncated}</p>}
        </>
      )}
    </Panel>
  );
}
