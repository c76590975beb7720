import type { InspectionEvent } from '@chip/contracts';
import { parse, v5 } from 'uuid';
import { type Pattern, PRODUCTS, ROUTE, WAFERS_PER_LOT } from './catalogue.ts';
import { Random } from './random.ts';
import { waferMap } from './wafer-map.ts';
import { type Draft, type Drafts, type Lot, patternOf, processLot } from './wafer-runs.ts';

/** Namespace of the event ids of synthetic inspections. */
const EVENT_NAMESPACE = parse('0d8f3c52-61a4-5be0-8b55-9d6a4f0e7c11');
/** Lots on the floor at one time: several keep all partitions of the topic and all equipment busy. */
const LOTS_IN_PROGRESS = 6;
const LATE_SHARE = 0.002;
/** A late event is published after this many later ones. */
const LATE_BY = { least: 100, most: 3000 } as const;

export interface FabOptions {
  readonly seed: string;
  /** Time of the first event, ms since 1970. */
  readonly startMs: number;
  readonly inspectionsPerSecond: number;
  /** How long the fab has stood still so far, in ms: delays all later events by that time. */
  readonly standstillMs?: () => number;
  /** Ends after this many lots; endless when absent. */
  readonly lots?: number;
  /** The first lots have these patterns of failing dice, one each, and are named after them. */
  readonly patterns?: readonly Pattern[];
  /** Makes events of these steps only; the others happen, and take their time. */
  readonly steps?: readonly string[];
}

export interface ScheduledInspection {
  /** When the equipment publishes it, ms since 1970: its `occurred_at`, or later for a late event. */
  readonly dueMs: number;
  /** Absent when it is of a step that is not asked for: most of the work is the id of an event. */
  readonly event?: InspectionEvent;
  /** Lots that have passed their last step. */
  readonly finishedLots: number;
}

/**
 * A synthetic fab. The same options yield the same events, to the byte. Every event is a valid inspection event of the
 * contract.
 *
 * Dice are worse towards the edge; one prober has worn needles (contact failures that pass a retest, which carries no
 * attempt number); one AOI scratches wafers; one CD-SEM drifts until its maintenance; few causes and defect classes
 * make up most failures; some runs are reported in two events, some are withdrawn, some end in an alarm; some events
 * arrive late, after the retest that they preceded.
 */
export function* inspections(options: FabOptions): Generator<ScheduledInspection, void, void> {
  const { startMs, inspectionsPerSecond, lots = Infinity, standstillMs = () => 0 } = options;
  const shuffle = new Random(`${options.seed}/floor`);
  const floor: { drafts: Drafts; lastId: string }[] = [];
  const held: { releaseAt: number; made: Pick<ScheduledInspection, 'event'> }[] = [];
  let started = 0;
  let finishedLots = 0;
  let drawn = 0;
  const clock = (): number => startMs + (drawn * 1000) / inspectionsPerSecond + standstillMs();

  for (;;) {
    while (floor.length < LOTS_IN_PROGRESS && started < lots) {
      floor.push({ drafts: processLot(newLot(options, started++, clock())), lastId: '' });
    }
    // The oldest lot gets half of the capacity, so that lots finish one by one instead of all at the end.
    let at = 0;
    while (at < floor.length - 1 && shuffle.chance(0.5)) {
      at++;
    }
    const lot = floor[at];
    if (lot === undefined) {
      break;
    }

    const { value: draft, done } = lot.drafts.next(lot.lastId);
    if (done === true) {
      floor.splice(at, 1);
      finishedLots++;
      continue;
    }
    const dueMs = clock();
    const isAskedFor = options.steps?.includes(draft.fields.step ?? '') ?? true;
    const made = isAskedFor ? { event: stamp(draft, dueMs) } : {};
    lot.lastId = made.event?.event_id ?? '';
    drawn++;
    if (draft.mayBeLate === true && shuffle.chance(LATE_SHARE)) {
      held.push({ releaseAt: drawn + shuffle.integer(LATE_BY.least, LATE_BY.most), made });
    } else {
      yield { dueMs, ...made, finishedLots };
    }
    for (let i = held.length - 1; i >= 0; i--) {
      const late = held[i];
      if (late === undefined || late.releaseAt > drawn) {
        continue;
      }
      held.splice(i, 1);
      yield { dueMs, ...late.made, finishedLots };
    }
  }
  for (const { made } of held) {
    yield { dueMs: clock(), ...made, finishedLots };
  }
}

/** Most events of any lot: determines the time span of a history of whole lots. */
export const MOST_EVENTS_PER_LOT = Math.max(
  ...PRODUCTS.map((product) =>
    ROUTE.reduce((sum, step) => {
      const wafers = step.slots?.length ?? WAFERS_PER_LOT;
      // At worst every run has an alarm or is repeated twice, and is reported in two events.
      return sum + wafers * (step.sites ?? waferMap(product).length) * 6;
    }, 0),
  ),
);

function stamp(draft: Draft, dueMs: number): InspectionEvent {
  const occurred = {
    ...draft.fields,
    occurred_at: new Date(dueMs).toISOString(),
    ...(draft.seconds === undefined ? {} : { started_at: new Date(dueMs - draft.seconds * 1000).toISOString() }),
  };
  // The id derives from the content: republishing an event is recognised, and another run of the fab never collides.
  // Of bytes: turning text into them is most of the library's work.
  return { event_id: v5(Buffer.from(JSON.stringify(occurred)), EVENT_NAMESPACE), ...occurred };
}

function newLot(options: FabOptions, number: number, nowMs: number): Lot {
  const random = new Random(`${options.seed}/lot/${number}`);
  const pattern = options.patterns?.[number];
  const drawn = random.weighted(PRODUCTS);
  // The first product has the most dice: its maps show a pattern best.
  const product = pattern === undefined ? drawn : PRODUCTS[0];
  const dice = waferMap(product);
  // Two runs of the simulator make different lots: a lot is a physical thing whose chips are not tested again.
  const run = Math.floor(new Random(`${options.seed}/${options.startMs}`).next() * 36 ** 4);
  const day = new Date(nowMs).toISOString().slice(2, 10).replaceAll('-', '');
  const lotFactor = Math.exp(random.normal(0, 0.2));
  return {
    id: [
      `L${day}`,
      run.toString(36).toUpperCase().padStart(4, '0'),
      String(number + 1).padStart(4, '0'),
      ...(pattern === undefined ? [] : [pattern.toUpperCase()]),
    ].join('-'),
    number,
    product,
    dice,
    priority: random.chance(0.1) ? 9 : undefined,
    random,
    waferFactor: Array.from({ length: WAFERS_PER_LOT }, () => lotFactor * Math.exp(random.normal(0, 0.25))),
    // Its own stream of numbers, so that a lot without a pattern stays as it was.
    pattern: pattern && patternOf(pattern, dice, new Random(`${options.seed}/pattern/${number}`)),
    damaged: new Set(),
    scrapped: new Set(),
  };
}
