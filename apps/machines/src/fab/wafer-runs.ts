/** What equipment reports about the wafers of a lot, step by step along the route. */
import type { Defect, InspectionEvent, Measurement } from '@chip/contracts';
import {
  CONTACT_FAILURE,
  DEFECT_CLASSES,
  EQUIPMENT,
  FAILURE_CAUSES,
  GOOD_BIN,
  LOTS_BETWEEN_MAINTENANCE,
  PATTERN_FAIL_SHARE,
  RING,
  ROUTE,
  WAFERS_PER_LOT,
  type DefectClass,
  type Equipment,
  type FailureCause,
  type MeasuredParameter,
  type Pattern,
  type Product,
  type Step,
} from './catalogue.ts';
import type { Random } from './random.ts';
import type { Die } from './wafer-map.ts';

/** Equipment alarms that end a run without a verdict. */
const ALARM_SHARE = 0.0005;
/** Metrology runs withdrawn because of a wrong recipe. */
const VOID_SHARE = 0.01;
const NOISE_LIMIT_SIGMA = 4.5;
/** An event before the clock gives it its time and, from its content, its id. */
export interface Draft {
  readonly fields: Omit<InspectionEvent, 'event_id' | 'occurred_at' | 'started_at'>;
  readonly seconds?: number;
  readonly mayBeLate?: boolean;
}

/** Yields drafts; receives the event id of each one, so that a later draft can name it. */
export type Drafts = Generator<Draft, void, string>;

export interface Lot {
  readonly id: string;
  readonly number: number;
  readonly product: Product;
  readonly dice: readonly Die[];
  readonly priority: number | undefined;
  readonly random: Random;
  /** Wafer quality by slot: multiplies defect and failure rates. */
  readonly waferFactor: readonly number[];
  /** What a fault of the process has done to every wafer of the lot. */
  readonly pattern: LotPattern | undefined;
  /** Chips with a killer defect, and chips that finally failed a test. */
  readonly damaged: Set<string>;
  readonly scrapped: Set<string>;
}

export interface LotPattern {
  readonly touches: (die: Die) => boolean;
  /** Why dice under it fail at their first electrical test. */
  readonly cause: FailureCause;
  /** What the optical inspection sees on them. */
  readonly defectClass: DefectClass | undefined;
}

/** A lot on its way along the route, one report after the other. */
export function* processLot(lot: Lot): Drafts {
  for (const step of ROUTE) {
    const candidates = EQUIPMENT.filter((equipment) => equipment.type === step.equipmentType);
    const equipment = lot.random.pick(candidates as [Equipment, ...Equipment[]]);
    const slots = step.slots ?? Array.from({ length: WAFERS_PER_LOT }, (_, index) => index + 1);
    for (const slot of slots) {
      const run: WaferRun = { lot, step, equipment, slot, waferId: `W${String(slot).padStart(2, '0')}` };
      if (step.inspectionType === 'visual') {
        yield* inspectWafer(run);
      } else if (step.sites !== undefined) {
        yield* measureWafer(run, step.sites);
      } else {
        yield* testWafer(run);
      }
    }
  }
}

interface WaferRun {
  readonly lot: Lot;
  readonly step: Step;
  readonly equipment: Equipment;
  readonly slot: number;
  readonly waferId: string;
}

const chipOf = (run: WaferRun, die: Die): string =>
  `${run.waferId}-X${String(die.x).padStart(2, '0')}Y${String(die.y).padStart(2, '0')}`;

/** What all events of a die at a step have in common. */
const subject = (run: WaferRun, die: Die) => ({
  lot_id: run.lot.id,
  chip_id: chipOf(run, die),
  inspection_type: run.step.inspectionType,
  product: run.lot.product.name,
  wafer_id: run.waferId,
  die_x: die.x,
  die_y: die.y,
  step: run.step.name,
  equipment_id: run.equipment.id,
  recipe: run.step.recipe,
  ...(run.lot.priority === undefined ? {} : { priority: run.lot.priority }),
});

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

const isWithinLimits = (measurement: Measurement): boolean =>
  typeof measurement.value === 'number' &&
  measurement.value >= (measurement.lower_limit ?? -Infinity) &&
  measurement.value <= (measurement.upper_limit ?? Infinity);

function measurement(parameter: MeasuredParameter, value: number | null): Measurement {
  return {
    name: parameter.name,
    value: value === null ? null : rounded(value, parameter.digits),
    ...(parameter.unit === '' ? {} : { unit: parameter.unit }),
    ...(parameter.lowerLimit === undefined ? {} : { lower_limit: parameter.lowerLimit }),
    ...(parameter.upperLimit === undefined ? {} : { upper_limit: parameter.upperLimit }),
  };
}

/**
 * A value of a healthy die: normal around the target, slightly off towards the edge, shifted by the equipment's drift.
 */
function healthyValue(run: WaferRun, die: Die, parameter: MeasuredParameter): number {
  const noise = Math.max(-NOISE_LIMIT_SIGMA, Math.min(NOISE_LIMIT_SIGMA, run.lot.random.normal()));
  const drift = (run.equipment.driftSigmaPerLot ?? 0) * (run.lot.number % LOTS_BETWEEN_MAINTENANCE);
  return parameter.target + parameter.sigma * (noise + 0.6 * die.radius ** 2 + drift);
}

function valueBeyondLimit(parameter: MeasuredParameter, random: Random): number {
  const beyond = parameter.sigma * random.between(0.5, 12);
  return parameter.upperLimit === undefined
    ? (parameter.lowerLimit ?? parameter.target) - beyond
    : parameter.upperLimit + beyond;
}

/** Measures a few sites of a wafer; the verdict follows from the limits. */
function* measureWafer(run: WaferRun, sites: number): Drafts {
  const { lot, step } = run;
  for (let site = 0; site < sites; site++) {
    const die = lot.dice[Math.floor(((site + 0.5) * lot.dice.length) / sites)];
    if (die === undefined) {
      continue;
    }
    for (let round = 1; ; round++) {
      const isLastRound = round === 2 || !lot.random.chance(VOID_SHARE);
      // Dimensional runs are announced at their start and named; metrology runs are only reported.
      const named = step.inspectionType === 'dimensional';
      const runName = named ? { run_id: `${lot.id}/${step.name}/${chipOf(run, die)}/${round}` } : {};
      if (named) {
        yield { fields: { ...subject(run, die), ...runName, status: 'in_progress' } };
      }
      const measurements = step.parameters.map((parameter) =>
        measurement(parameter, healthyValue(run, die, parameter)),
      );
      const id = yield {
        seconds: step.seconds * lot.random.between(0.8, 1.3),
        fields: {
          ...subject(run, die),
          ...runName,
          status: 'completed',
          result: measurements.every(isWithinLimits) ? 'pass' : 'fail',
          measurements,
          metadata: { measurement_site: site + 1 },
        },
      };
      if (isLastRound) {
        break;
      }
      yield {
        fields: {
          ...subject(run, die),
          ...(named ? runName : { voids: id }),
          status: 'voided',
          reason: 'measured with a wrong recipe',
        },
      };
    }
  }
}

/** Scans every die for defects; a killer defect fails it. */
function* inspectWafer(run: WaferRun): Drafts {
  const { lot, step, equipment } = run;
  const { random, product } = lot;
  const scratch =
    equipment.fault === 'scratching-chuck' && random.chance(0.6) ? newScratch(lot.dice, random) : undefined;
  for (const die of lot.dice) {
    const rate = 0.1 * (lot.waferFactor[run.slot - 1] ?? 1) * (1 + 2 * die.radius ** 4);
    const classes = Array.from({ length: random.poisson(rate) }, () => random.weighted(DEFECT_CLASSES));
    if (scratch?.(die) === true) {
      classes.push(SCRATCH, SCRATCH);
    }
    if (lot.pattern?.defectClass !== undefined && lot.pattern.touches(die)) {
      classes.push(lot.pattern.defectClass);
    }
    let isKilled = false;
    const defects = classes.map((defectClass): Defect => {
      const isKiller = random.chance(defectClass.killRatio);
      isKilled ||= isKiller;
      const sizeUm = defectClass.meanSizeUm * Math.exp(random.normal(0, 0.5));
      return {
        class: defectClass.name,
        x_um: rounded(random.between(0, product.dieWidthMm * 1000), 1),
        y_um: rounded(random.between(0, product.dieHeightMm * 1000), 1),
        size_um: rounded(sizeUm, 3),
        area_um2: rounded((Math.PI / 4) * sizeUm ** 2, 4),
        severity: isKiller ? 'critical' : sizeUm > 1 ? 'major' : 'minor',
        confidence: rounded(random.between(0.7, 1), 3),
      };
    });
    if (isKilled) {
      lot.damaged.add(chipOf(run, die));
    }
    yield {
      seconds: step.seconds * random.between(0.8, 1.3),
      mayBeLate: true,
      fields: {
        ...subject(run, die),
        status: 'completed',
        result: isKilled ? 'fail' : 'pass',
        defects,
        inspected_area_cm2: rounded((product.dieWidthMm * product.dieHeightMm) / 100, 4),
        metadata: { scan_mode: 'brightfield', pixel_nm: 65 },
      },
    };
  }
}

const SCRATCH = DEFECT_CLASSES.find((defectClass) => defectClass.name === 'scratch') as DefectClass;

/** A straight scratch across the wafer: returns whether it touches a die. */
function newScratch(dice: readonly Die[], random: Random): (die: Die) => boolean {
  const centreX = Math.max(...dice.map((die) => die.x)) / 2;
  const centreY = Math.max(...dice.map((die) => die.y)) / 2;
  const angle = random.between(0, Math.PI);
  const offset = random.between(-0.6, 0.6) * Math.min(centreX, centreY);
  return (die) => Math.abs((die.x - centreX) * Math.cos(angle) + (die.y - centreY) * Math.sin(angle) - offset) < 0.5;
}

/** A ring leaves leaky dice that look good; a scratch is seen, and breaks lines. */
export function patternOf(pattern: Pattern, dice: readonly Die[], random: Random): LotPattern {
  const cause = (name: string): FailureCause => FAILURE_CAUSES['CP1']?.find((one) => one.name === name) as FailureCause;
  return pattern === 'ring'
    ? {
        touches: ({ radius }) => radius >= RING.inner && radius < RING.outer,
        cause: cause('leakage_high'),
        defectClass: undefined,
      }
    : { touches: newScratch(dice, random), cause: cause('scan_chain'), defectClass: SCRATCH };
}

/**
 * Tests every die once. Dice without contact are tested again at the end of the wafer, as testers do: not marked as a
 * retest, only as another result of the same die.
 */
function* testWafer(run: WaferRun): Drafts {
  const { lot, step } = run;
  let touchDown = lot.dice.filter((die) => step.onlyGoodDice !== true || !lot.scrapped.has(chipOf(run, die)));
  for (let round = 1; round <= 3 && touchDown.length > 0; round++) {
    const again: Die[] = [];
    for (const die of touchDown) {
      const hasContact = (yield* testDie(run, die, round)) !== CONTACT_FAILURE;
      if (!hasContact) {
        again.push(die);
      }
    }
    touchDown = again;
  }
  for (const die of touchDown) {
    lot.scrapped.add(chipOf(run, die));
  }
}

function* testDie(run: WaferRun, die: Die, round: number): Generator<Draft, FailureCause | undefined, string> {
  const { lot, step, equipment } = run;
  const { random } = lot;
  const metadata = { test_program: step.recipe, test_site: (die.x % 4) + 1, probe_card: `PC-${equipment.id}` };
  if (random.chance(ALARM_SHARE)) {
    yield {
      fields: { ...subject(run, die), status: 'failed', metadata: { ...metadata, alarm: 'E4711 index timeout' } },
    };
  }

  const cause = failureOf(run, die, round);
  // Without contact, nothing can be measured on a die.
  const measurements = step.parameters.map((parameter) =>
    measurement(
      parameter,
      cause === CONTACT_FAILURE
        ? null
        : cause?.parameter === parameter.name
          ? valueBeyondLimit(parameter, random)
          : healthyValue(run, die, parameter),
    ),
  );
  if (cause !== undefined && cause !== CONTACT_FAILURE) {
    lot.scrapped.add(chipOf(run, die));
  }
  yield {
    seconds: step.seconds * random.between(0.8, 1.3),
    mayBeLate: round === 1,
    fields: {
      ...subject(run, die),
      status: 'completed',
      result: cause === undefined ? 'pass' : 'fail',
      hard_bin: cause?.hardBin ?? GOOD_BIN.hard,
      soft_bin: cause?.softBin ?? GOOD_BIN.soft,
      measurements,
      metadata,
    },
  };
  return cause;
}

function failureOf(run: WaferRun, die: Die, round: number): FailureCause | undefined {
  const { lot, step, equipment } = run;
  const { random } = lot;
  const contactRate = equipment.fault === 'worn-probe-card' ? 0.09 : 0.008;
  if (random.chance(round === 1 ? contactRate : 0.2)) {
    return CONTACT_FAILURE;
  }
  const causes = FAILURE_CAUSES[step.name];
  if (causes === undefined) {
    return undefined;
  }
  if (
    lot.pattern !== undefined &&
    step.onlyGoodDice !== true &&
    lot.pattern.touches(die) &&
    random.chance(PATTERN_FAIL_SHARE)
  ) {
    return lot.pattern.cause;
  }
  // Later steps see dice that were good before.
  const base = lot.product.badDieRate * (step.onlyGoodDice === true ? 0.2 : 1);
  const edge = 1 + 5 * die.radius ** 6;
  const rate = base * edge * (lot.waferFactor[run.slot - 1] ?? 1);
  const isDamaged = lot.damaged.has(chipOf(run, die)) && step.onlyGoodDice !== true;
  return random.chance(isDamaged ? 0.85 : Math.min(rate, 0.9)) ? random.weighted(causes) : undefined;
}
