/** One wafer: its map, what the colours mean, its dice as a list, and the selected die. */
import { type JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { type Die } from '../../api/answers.ts';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { measured, percent, whole } from '../../format/numbers.ts';
import { addressOf, useAddress } from '../../shared/location.ts';
import { Select } from '../../shared/choice.tsx';
import { Panel } from '../../shared/panel.tsx';
import { Empty, Loading, Refused } from '../../shared/states.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';
import { boundsOf, DiceGrid, isDrawable } from '../../wafer/footprint.ts';
import { Legend } from '../../wafer/legend.tsx';
import { MapControls } from '../../wafer/map-controls.tsx';
import { OWN_VALUES, scaleOf, useLotOperation } from '../../wafer/operation.ts';
import { ZONES } from '../../wafer/overlay.ts';
import { textOf } from '../../wafer/scale.ts';
import { WaferMap } from '../../wafer/wafer-map.tsx';
import { DefectLegend, useDefects } from './defect-layer.tsx';
import { DiceList } from './dice-list.tsx';
import { ZoneTable } from './zones.tsx';

/** The die that an address names, as `x,y`. */
function placeOf(text: string | undefined): readonly [number, number] | undefined {
  const [, x, y] = /^(-?\d{1,6}),(-?\d{1,6})$/.exec(text ?? '') ?? [];
  return x === undefined || y === undefined ? undefined : [Number(x), Number(y)];
}

export function Wafer(): JSX.Element {
  const { lot = '', wafer = '' } = useRoute().params;
  const { query, change } = useAddress();
  const { route } = useLocation();
  const t = texts();
  const view = useLotOperation(lot, 10);
  const { lot: lotAnswer, site, value, filter, choices, yields, footprint, palette, shown } = view;
  const map = useAnswer(
    filter &&
      question('/v1/lots/{lot_id}/wafers/{wafer_id}/map', {
        path: { lot_id: lot, wafer_id: wafer },
        query: { ...filter, site, value },
      }),
    2,
  );
  // A lot without this wafer answers the same 404 as a wafer without this lot.
  const answer = map.url === undefined && lotAnswer.problem ? { ...map, ...lotAnswer, data: undefined } : map;
  const figures = yields.data?.groups.find(({ key }) => key === wafer);
  const dies = map.data?.dies;
  const geometry = map.data?.geometry ?? null;
  // Zones are parts of a known geometry.
  const zone = geometry === null ? undefined : ZONES.find((name) => name === query['zones']);
  const zoned = useAnswer(
    filter && zone
      ? question('/v1/lots/{lot_id}/wafers/{wafer_id}/map', {
          path: { lot_id: lot, wafer_id: wafer },
          query: { ...filter, site, value, zones: zone },
        })
      : undefined,
    5,
  );
  const layer = useDefects(lot, wafer, site, palette);
  const hasDefects = query['defects'] === 'yes';
  const overlay = useMemo(() => ({ zone, defects: layer.placed }), [zone, layer.placed]);
  const scale = useMemo(
    () => dies && scaleOf(value, () => dies.map(([, , one]) => one), choices, palette),
    [value, dies, choices.bins.data, choices.measurements.map(({ name }) => name).join(), palette, t],
  );
  const places = footprint.data?.dies;
  const grid = useMemo(() => {
    const bounds = dies && boundsOf([...dies, ...(places ?? [])]);
    return bounds && isDrawable(bounds) ? new DiceGrid(dies, bounds) : undefined;
  }, [dies, places]);

  const place = placeOf(query['die']);
  const selected = place && grid?.indexAt(...place);
  const unit = choices.measurements.find(({ name }) => name === value)?.unit ?? '';
  const wordOf = (one: Die[2]): string => {
    if (one === null) {
      return t.wafer.noValue;
    }
    const isBin = value === 'hard_bin' || value === 'soft_bin';
    const word =
      typeof one === 'string'
        ? one === 'pass'
          ? t.verdicts.pass
          : t.verdicts.fail
        : isBin
          ? t.wafer.bin(one)
          : measured(one);
    return (OWN_VALUES as readonly string[]).includes(value) ? word : `${word} ${unit}`.trim();
  };
  const describe = (index: number): string => {
    const [x, y, one] = grid?.dice[index] ?? [0, 0, null];
    return `${t.wafer.die(x, y)}: ${wordOf(one)}`;
  };
  const addressOfDie = ([x, y]: Die): string =>
    addressOf('/lots/{lot}/wafers/{wafer}/dice/{place}', { lot, wafer, place: `${x},${y}` }, { site });
  const open = (index: number): void => {
    const die = grid?.dice[index];
    if (die) {
      route(addressOfDie(die));
    }
  };
  const counts = scale?.entries.map(() => 0);
  for (const [, , one] of dies ?? []) {
    const entry = scale?.indexOf(one);
    if (counts && entry !== undefined) {
      counts[entry] = (counts[entry] ?? 0) + 1;
    }
  }
  const names = lotAnswer.data?.wafers.flatMap(({ wafer_id }) => (wafer_id === null ? [] : [wafer_id])) ?? [];
  const at = names.indexOf(wafer);
  const neighbour = (step: number): string | undefined => (at < 0 ? undefined : names[at + step]);
  const addressOfWafer = (name: string): string =>
    addressOf('/lots/{lot}/wafers/{wafer}', { lot, wafer: name }, { ...query, die: undefined });
  const [previous, next] = [neighbour(-1), neighbour(1)];

  return (
    <>
      <p class="trail">
        <a href={addressOf('/lots/{lot}', { lot }, { ...query, die: undefined })}>{t.lot.title(lot)}</a>
        {previous !== undefined && (
          <a href={addressOfWafer(previous)}>
            ← {t.wafer.previous} {previous}
          </a>
        )}
        {next !== undefined && (
          <a href={addressOfWafer(next)}>
            {t.wafer.next} {next} →
          </a>
        )}
      </p>
      <Title
        controls={
          <div class="controls">
            <MapControls
              operations={view.operations}
              operation={view.operation}
              measurements={choices.measurements}
              value={value}
            />
            {geometry && (
              <Select
                label={t.wafer.zone}
                value={zone ?? ''}
                options={[
                  { value: '', label: t.wafer.noZones },
                  ...ZONES.filter((name) => name !== 'reticle' || geometry.reticle !== null).map((name) => ({
                    value: name,
                    label: t.wafer.zones[name],
                  })),
                ]}
                onChange={(name) => change({ zones: name || undefined })}
              />
            )}
            <label>
              <input
                type="checkbox"
                checked={hasDefects}
                onChange={({ currentTarget }) =>
                  change({ defects: currentTarget.checked ? 'yes' : undefined, classes: undefined })
                }
              />{' '}
              {t.wafer.showDefects}
            </label>
          </div>
        }
      >
        {t.wafer.title(wafer, lot)}
      </Title>
      <div class="columns wide-left">
        <Panel
          title={t.wafer.map(wafer)}
          answer={answer}
          also={[yields, footprint, choices.bins]}
          units={(data) => data.dies.length}
          isEmpty={(data) => data.dies.length === 0}
          // Dice that were inspected may have no such value, or none of this name exists.
          empty={figures && value !== 'result' ? t.wafer.noneWith(value) : t.lot.noInspection}
          sheet={(data) => ({ name: `${lot}-${wafer}-${value}`, columns: ['x', 'y', value], rows: data.dies })}
          controls={
            figures && (
              <span class="figure" data-figure="yield">
                {t.columns.yield} <strong>{percent(figures.yield)}</strong> <small>n = {whole(figures.units)}</small>
              </span>
            )
          }
        >
          {() =>
            grid && scale ? (
              <>
                <WaferMap
                  label={t.wafer.map(wafer)}
                  grid={grid}
                  scale={scale}
                  shown={shown}
                  palette={palette}
                  footprint={places ?? []}
                  geometry={geometry}
                  overlay={overlay}
                  selected={selected}
                  onSelect={(index) => {
                    const die = index === undefined ? undefined : grid.dice[index];
                    change({ die: die && `${die[0]},${die[1]}` });
                  }}
                  onOpen={open}
                  describe={describe}
                />
                <p class="hint">{geometry ? t.wafer.geometry(geometry) : t.wafer.axes}</p>
                <p class="hint">{t.wafer.keys}</p>
              </>
            ) : choices.bins.problem ? (
              <Refused problem={choices.bins.problem} retry={choices.bins.reload} />
            ) : grid ? (
              <Loading cancel={choices.bins.cancel} />
            ) : (
              <Empty />
            )
          }
        </Panel>
        <div>
          {scale && dies && dies.length > 0 && (
            <section class="panel">
              <header>
                <h2>{t.wafer.legend}</h2>
              </header>
              <Legend
                scale={scale}
                shown={shown}
                onChange={(chosen) => change({ only: textOf(chosen) })}
                {...(counts ? { counts } : {})}
              />
            </section>
          )}
          {hasDefects && <DefectLegend layer={layer} name={`${lot}-${wafer}`} />}
          {zone && <ZoneTable answer={zoned} zone={zone} />}
          {grid && scale && grid.dice.length > 0 && (
            <DiceList
              grid={grid}
              scale={scale}
              shown={shown}
              selected={selected}
              wordOf={wordOf}
              addressOf={addressOfDie}
              onSelect={(index) => {
                const die = grid.dice[index];
                change({ die: die && `${die[0]},${die[1]}` });
              }}
            />
          )}
        </div>
      </div>
    </>
  );
}
