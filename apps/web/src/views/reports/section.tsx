import { type JSX } from 'preact';
import { useId, useMemo } from 'preact/hooks';
import { type BinPareto, type DefectPareto, type LotMap, type Report, type SpcChart, type Yield } from '@chip/client';
import { type Die } from '../../api/answers.ts';
import { percent, whole } from '../../format/numbers.ts';
import { Empty } from '../../shared/states.tsx';
import { texts } from '../../texts/texts.ts';
import { boundsOf, DiceGrid, isDrawable } from '../../wafer/footprint.ts';
import { currentPalette } from '../../wafer/operation.ts';
import { valueScale } from '../../wafer/scale.ts';
import { Thumbnail } from '../../wafer/thumbnail.tsx';
import { ControlPanels } from '../charts/control-panels.tsx';
import { YieldTable } from '../today/yield-table.tsx';
import { ParetoTable } from '../yield/pareto-table.tsx';

type SectionOfReport = Report['result']['sections'][number];

/** One question of a report with its stored answer, or why there is none. */
export function Section({ section }: { section: SectionOfReport }): JSX.Element {
  const { title, route, answer, problem } = section;
  const id = useId();
  const definition = answer?.['definition'];
  const warning = answer?.['warning'];
  return (
    <section class="panel" aria-labelledby={id}>
      <header>
        <h2 id={id} lang="en">
          {title}
        </h2>
        <code>{route}</code>
      </header>
      {problem && (
        <p class="warn" lang="en">
          ▲ {problem.detail} <code>{problem.code}</code>
        </p>
      )}
      {typeof warning === 'string' && (
        <p class="warn" lang="en">
          ▲ {warning}
        </p>
      )}
      {answer && <Answer section={section} answer={answer} />}
      {typeof definition === 'string' && (
        <p class="hint" lang="en">
          {definition}
        </p>
      )}
    </section>
  );
}

/** The stored answer, drawn as the view of its route draws it. */
function Answer({ section, answer }: { section: SectionOfReport; answer: object }): JSX.Element {
  const { title, route, parameters } = section;
  const t = texts();
  switch (route) {
    case '/v1/yield': {
      const { groups, totals } = answer as Yield;
      return (
        <>
          <p class="figure">
            <strong>{percent(totals.yield)}</strong> {t.yield.ofUnits(whole(totals.units))}
          </p>
          {groups.length > 0 && (
            <YieldTable caption={title} name={String(parameters['group_by'] ?? '')} groups={groups} />
          )}
        </>
      );
    }
    case '/v1/bins/pareto':
    case '/v1/defects/pareto': {
      const { groups } = answer as BinPareto | DefectPareto;
      return groups.length === 0 ? <Empty /> : <ParetoTable caption={title} name={t.yield.cause} rows={groups} />;
    }
    case '/v1/spc':
      return <ControlPanels chart={answer as SpcChart} excluded={NONE} selected={undefined} onSelect={() => {}} />;
    default:
      return 'dies' in answer ? <StoredMap map={answer as LotMap} label={title} /> : <Empty />;
  }
}

const NONE: ReadonlySet<number> = new Set();

function StoredMap({ map: { dies, geometry }, label }: { map: LotMap; label: string }): JSX.Element {
  const palette = currentPalette();
  const t = texts().wafer;
  const drawing = useMemo(() => {
    const bounds = boundsOf(dies);
    const scale = valueScale(
      dies.map(([, , failing]) => failing),
      { lower: null, upper: null },
      percent,
      palette,
      t,
    );
    return bounds && isDrawable(bounds)
      ? {
          grid: new DiceGrid(
            dies.map(([x, y, failing]): Die => [x, y, failing]),
            bounds,
          ),
          scale,
          shown: new Set<string>(),
          palette,
          footprint: dies,
          geometry,
        }
      : undefined;
  }, [dies, geometry, palette, t]);
  return drawing === undefined ? (
    <Empty />
  ) : (
    <div class="stored-map" role="img" aria-label={label}>
      <Thumbnail drawing={drawing} />
      <ul class="legend">
        {drawing.scale.entries.map(({ key, label: text, colour }) => (
          <li key={key}>
            <span class="swatch" style={{ backgroundColor: colour }} /> {text}
          </li>
        ))}
      </ul>
    </div>
  );
}
