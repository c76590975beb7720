import { type Queryable } from '@chip/persistence';
import { Injectable } from '@nestjs/common';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { listed, requireOneOperation } from '../attempts/one-operation.ts';
import { readyToCount } from '../attempts/ready-to-count.ts';
import { type GeometryItem } from '../geometries/geometry-answer.ts';
import { type Zone, ZONE_TEXTS } from '../geometries/zones.sql.ts';
import { Problem } from '../http/problem.error.ts';
import { type LotPath } from '../lots/lot-answer.ts';
import { findLot, requireWafer } from '../lots/lot.sql.ts';
import { Snapshots } from '../sql/snapshots.ts';
import {
  type DieRow,
  diesByKind,
  diesByWafer,
  diesOf,
  kindsOfMap,
  type MapQuestion,
  MAX_DIES,
  MAX_GALLERY_DIES,
  MAX_GALLERY_VALUES,
  stackedAs,
} from './dies.sql.ts';
import {
  type GalleryAnswer,
  type GalleryParameters,
  type LotMapAnswer,
  type LotMapParameters,
  type StackMapAnswer,
  type StackMapParameters,
  type WaferMapAnswer,
  type WaferMapParameters,
  type WaferPath,
} from './map-answer.ts';
import { geometryOf, type MapKind, requireOneProduct } from './map-scope.ts';
import { type Bounds, boundsOf, type Die, inOrder, onCommonPlaces } from './places.ts';
import { type StackedAs } from './stack.sql.ts';
import { isCrowdedMap, isTooManyToStack, MAX_STACKED } from './stacked-attempts.sql.ts';

const STACK_TEXTS: Readonly<Record<StackedAs, (units: string) => string>> = {
  fail_fraction: (units) => `failing ${units} / ${units} on which it was tested`,
  most_frequent: (units) => `most frequent bin over the ${units}, of equally frequent ones the least`,
  mean: (units) => `mean over the ${units} that have the value`,
};

/** Maps dies by position: of one wafer, or stacked across wafers, lots and products. */
@Injectable()
export class MapsQuery {
  constructor(private readonly snapshots: Snapshots) {}

  wafer({ lot_id, wafer_id }: WaferPath, parameters: WaferMapParameters): Promise<WaferMapAnswer> {
    const { site, ...asked } = parameters;
    return this.snapshots.answer(async (snapshot) => {
      const lot = await findLot(snapshot, lot_id, site);
      await requireWafer(snapshot, lot.id, wafer_id);
      const question = await readyToCount(snapshot, { ...asked, lot: lot.id, wafer: wafer_id });
      const map = await (asked.zones === undefined
        ? plainWaferOf(snapshot, question)
        : zonedWaferOf(snapshot, question));
      return {
        definition: `Per die position (x, y): ${asked.value} of the counted attempt; dies whose attempt has no such value are excluded. ${describeChoice(question, 'operation')}${describeZones(asked.zones)}`,
        definition_id: 'map.wafer/2',
        site: lot.site,
        lot_id,
        wafer_id,
        ...map,
      };
    });
  }

  gallery({ lot_id }: LotPath, parameters: GalleryParameters): Promise<GalleryAnswer> {
    const { site, ...asked } = parameters;
    return this.snapshots.answer(async (snapshot) => {
      const lot = await findLot(snapshot, lot_id, site);
      const question = await readyToCount(snapshot, { ...asked, lot: lot.id });
      const kinds = await kindsOfMap(snapshot, question);
      requireOneOperation(kinds);
      const geometry = await geometryOf(snapshot, kinds);
      const rows = await diesByWafer(snapshot, question, MAX_GALLERY_DIES + 1);
      refuseMoreThan(
        MAX_GALLERY_DIES,
        rows.reduce((sum, { xs }) => sum + xs.length, 0),
        'dice: ask wafer by wafer',
      );
      const { places, wafers } = onCommonPlaces(rows, (values) =>
        refuseMoreThan(MAX_GALLERY_VALUES, values, 'values at the places of all wafers: ask wafer by wafer'),
      );
      return {
        definition: `Per wafer and die position (x, y): ${asked.value} of the counted attempt; null for dies whose attempt has no such value. ${describeChoice(question, 'operation')}`,
        definition_id: 'map.wafers/1',
        site: lot.site,
        lot_id,
        value: asked.value,
        unit: unitOf(rows),
        ...boundsOf(places),
        geometry: geometry === undefined ? null : shownGeometry(geometry),
        places,
        wafers,
      };
    });
  }

  lot({ lot_id }: LotPath, parameters: LotMapParameters): Promise<LotMapAnswer> {
    const { site, ...asked } = parameters;
    return this.snapshots.answer(async (snapshot) => {
      const lot = await findLot(snapshot, lot_id, site);
      const question = await readyToCount(snapshot, { ...asked, lot: lot.id });
      const stack = await stackOf(snapshot, question, []);
      return { ...stack, definition_id: 'map.lot/3', site: lot.site, lot_id };
    });
  }

  stack(asked: StackMapParameters): Promise<StackMapAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const question = await readyToCount(snapshot, asked);
      return { ...(await stackOf(snapshot, question, [requireOneProduct])), definition_id: 'map.stack/1' };
    });
  }
}

type Checks = readonly ((kinds: readonly MapKind[]) => void)[];
interface Asked extends MapQuestion {
  readonly mix?: 'yes' | undefined;
  readonly zones?: readonly Zone[] | undefined;
}

async function stackOf(snapshot: Queryable, question: Asked, checks: Checks) {
  const { dies, ...map } = await mapOf(snapshot, question, checks);
  const units = question.policy === 'all' ? 'attempts' : 'wafers';
  return {
    definition: `Per die position (x, y): ${question.value}, ${STACK_TEXTS[stackedAs(question.value)](units)}. ${describeChoice(question, 'operation')}${describeZones(question.zones)}`,
    ...map,
    dies: dies.map((die): [number, number, number | null, number] => [
      die.x,
      die.y,
      die.value === null ? null : Number(die.value),
      die.tested,
    ]),
  };
}

/** Reads a row in all, because a row for each of 100,000 dice would take longer to read than to find. */
async function plainWaferOf(snapshot: Queryable, question: Asked) {
  const byKind = await diesByKind(snapshot, question, MAX_DIES + 1);
  const { geometry } = await scopeOf(snapshot, question, [], byKind);
  const onePerPlace = byKind && inOrder(byKind);
  if (onePerPlace) {
    return { ...frameOf(question, [], onePerPlace.bounds, geometry), dies: onePerPlace.dies };
  }
  const rows = await diesByWafer(snapshot, question, MAX_DIES + 1);
  const dies = rows.flatMap(({ xs, ys, values }) => xs.map((x, i): Die => [x, ys[i] as number, values[i] ?? null]));
  refuseMoreThan(MAX_DIES, dies.length, 'die positions');
  return { ...frameOf(question, rows, boundsOf(dies), geometry), dies };
}

async function zonedWaferOf(snapshot: Queryable, question: Asked) {
  const { dies, ...map } = await mapOf(snapshot, question, []);
  return { ...map, dies: dies.map(({ x, y, value }): Die => [x, y, value]) };
}

/** What a map is of. @throws Problem 400 for what is ambiguous */
async function scopeOf(snapshot: Queryable, question: Asked, checks: Checks, known?: readonly MapKind[]) {
  const kinds = known ?? (await kindsOfMap(snapshot, question));
  if (question.mix === undefined) {
    for (const check of [requireOneOperation, ...checks]) {
      check(kinds);
    }
  }
  return { kinds, geometry: await geometryOf(snapshot, kinds) };
}

/** What every map has. @throws Problem 400 for values of several units */
const frameOf = (
  { value, mix }: Asked,
  rows: Parameters<typeof unitOf>[0],
  bounds: Bounds,
  geometry: GeometryItem | undefined,
) => ({
  value,
  unit: mix === undefined ? unitOf(rows) : null,
  ...bounds,
  geometry: geometry === undefined ? null : shownGeometry(geometry),
});

/** A map die by die. @throws Problem 400 for what is ambiguous, too much, or without a geometry that it needs */
async function mapOf(snapshot: Queryable, question: Asked, checks: Checks) {
  const { zones } = question;
  const { kinds, geometry } = await scopeOf(snapshot, question, checks);
  if (zones !== undefined && geometry === undefined && kinds.length > 0) {
    const message = 'needs the wafer geometry of the product: store one with PUT /v1/wafer-geometries';
    throw new Problem(400, 'invalid_parameter', `zones ${message}`, [{ parameter: 'zones', message }]);
  }
  if (sumOf(kinds) > MAX_STACKED && question.lot === undefined && (await isTooManyToStack(snapshot, question))) {
    const message = `matches more than ${MAX_STACKED} attempts`;
    const detail = `the map ${message}: narrow it, for instance by product, step or time`;
    throw new Problem(400, 'invalid_parameter', detail, [{ parameter: 'from', message }]);
  }
  // Without mix they are of one operation.
  const isCrowded = kinds.length > 1 && question.mix !== undefined && (await isCrowdedMap(snapshot, question));
  const dies = await diesOf(snapshot, question, MAX_DIES + 1, geometry && zones && { geometry, zones }, isCrowded);
  refuseMoreThan(MAX_DIES, dies.length, 'die positions');
  return {
    ...frameOf(question, dies, boundsOf(dies.map(({ x, y }) => [x, y])), geometry),
    ...(zones && { zones: zones.flatMap((zone) => figuresOf(zone, dies)) }),
    dies,
  };
}

const sumOf = (kinds: readonly MapKind[]): number => kinds.reduce((sum, { attempts }) => sum + attempts, 0);

/** @throws Problem 400 for an answer that would be too large */
function refuseMoreThan(most: number, count: number, what: string): void {
  if (count > most) {
    const message = `gives more than ${most} ${what}`;
    throw new Problem(400, 'invalid_parameter', `value ${message}`, [{ parameter: 'value', message }]);
  }
}

const describeZones = (zones: readonly Zone[] | undefined): string =>
  zones === undefined
    ? ''
    : ` Zones: ${zones.map((zone) => `${zone} (${ZONE_TEXTS[zone]})`).join('; ')}; yield = 1 - failed / tested, from the counts.`;

/** @throws Problem 400 ambiguous_parameter when the values have several units, or some have none */
function unitOf(dies: readonly Pick<DieRow, 'least_unit' | 'greatest_unit'>[]): string | null {
  const units = new Set<string>();
  for (const { least_unit, greatest_unit } of dies) {
    units.add(least_unit ?? '').add(greatest_unit ?? '');
  }
  if (units.size > 1) {
    const list = [...units].sort().map((name) => (name === '' ? 'none' : name));
    const message = `has values of several units ${listed(list)}`;
    throw new Problem(400, 'ambiguous_parameter', `the value ${message}: filter, or combine them with mix=yes`, [
      { parameter: 'value', message },
    ]);
  }
  return [...units][0] || null;
}

function shownGeometry(item: GeometryItem): NonNullable<WaferMapAnswer['geometry']> {
  const {
    id: _id,
    valid_to: _to,
    reason: _reason,
    created_by: _by,
    created_at: _at,
    withdrawn_at: _withdrawn,
    withdrawn_by: _who,
    withdrawal_reason: _why,
    ...shown
  } = item;
  return shown;
}

/** Counts by zone, in the order of the keys. */
function figuresOf(zone: Zone, dies: readonly DieRow[]) {
  const sums = new Map<string | null, { dies: number; tested: number; failed: number; values: number; sum: number }>();
  for (const die of dies) {
    const key = die[zone] ?? null;
    const own = sums.get(key) ?? { dies: 0, tested: 0, failed: 0, values: 0, sum: 0 };
    own.dies++;
    own.tested += die.tested;
    own.failed += die.failed;
    if (typeof die.value === 'number') {
      own.values++;
      own.sum += die.value;
    }
    sums.set(key, own);
  }
  return [...sums]
    .sort(([a], [b]) => compareKeys(a, b))
    .map(([key, { values, sum, ...own }]) => ({
      zone,
      key,
      ...own,
      yield: 1 - own.failed / own.tested,
      mean: values === 0 ? null : sum / values,
    }));
}

/** Numbers by value, then texts, then what has none. */
const compareKeys = (a: string | null, b: string | null): number =>
  a === null ? 1 : b === null ? -1 : Number(a) - Number(b) || (a < b ? -1 : 1);
