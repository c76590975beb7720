import type { WaferLayout } from './wafer-map.ts';

/** What the synthetic fab makes, and with what. Invented names and plausible values; data only, no logic. */

export const WAFERS_PER_LOT = 25;

export interface Product extends WaferLayout {
  readonly name: string;
  readonly weight: number;
  /** Share of dice in the middle of a wafer that are truly bad at wafer sort. */
  readonly badDieRate: number;
}

export const PRODUCTS: readonly [Product, ...Product[]] = [
  {
    name: 'MCU-7708',
    weight: 5,
    badDieRate: 0.03,
    waferDiameterMm: 200,
    dieWidthMm: 12,
    dieHeightMm: 14,
    edgeExclusionMm: 3,
  },
  {
    name: 'PMIC-4102',
    weight: 3,
    badDieRate: 0.02,
    waferDiameterMm: 200,
    dieWidthMm: 15,
    dieHeightMm: 13,
    edgeExclusionMm: 3,
  },
  {
    name: 'NPU-9130',
    weight: 2,
    badDieRate: 0.06,
    waferDiameterMm: 300,
    dieWidthMm: 24,
    dieHeightMm: 26,
    edgeExclusionMm: 3,
  },
];

export type EquipmentType = 'film-metrology' | 'cd-sem' | 'aoi' | 'prober' | 'hot-prober' | 'handler';

export interface Equipment {
  readonly id: string;
  readonly type: EquipmentType;
  /** The mean of its measurements drifts by this many sigma per lot, until maintenance. */
  readonly driftSigmaPerLot?: number;
  /** What is wrong with it: worn probe needles (contact failures), or a chuck that scratches. */
  readonly fault?: 'worn-probe-card' | 'scratching-chuck';
}

/** Drifting equipment is reset after this many lots. */
export const LOTS_BETWEEN_MAINTENANCE = 40;

export const EQUIPMENT: readonly Equipment[] = [
  { id: 'ELLI-01', type: 'film-metrology' },
  { id: 'ELLI-02', type: 'film-metrology' },
  { id: 'CDSEM-01', type: 'cd-sem' },
  { id: 'CDSEM-02', type: 'cd-sem', driftSigmaPerLot: 0.1 },
  { id: 'AOI-01', type: 'aoi' },
  { id: 'AOI-02', type: 'aoi', fault: 'scratching-chuck' },
  { id: 'AOI-03', type: 'aoi' },
  { id: 'PRB-01', type: 'prober' },
  { id: 'PRB-02', type: 'prober' },
  { id: 'PRB-03', type: 'prober', fault: 'worn-probe-card' },
  { id: 'PRB-04', type: 'prober' },
  { id: 'HOT-01', type: 'hot-prober' },
  { id: 'HOT-02', type: 'hot-prober' },
  { id: 'HND-01', type: 'handler' },
  { id: 'HND-02', type: 'handler' },
];

export interface MeasuredParameter {
  readonly name: string;
  readonly unit: string;
  readonly target: number;
  readonly sigma: number;
  readonly lowerLimit?: number;
  readonly upperLimit?: number;
  /** Digits after the point, as the equipment reports them. */
  readonly digits: number;
}

export interface Step {
  readonly name: string;
  readonly inspectionType: 'visual' | 'electrical' | 'dimensional' | 'thermal' | 'functional' | 'metrology';
  readonly equipmentType: EquipmentType;
  readonly recipe: string;
  /** Inspected slots of the carrier; absent = every wafer. */
  readonly slots?: readonly number[];
  /** Dice measured per wafer; absent = every die (with `onlyGoodDice`: every die that has passed so far). */
  readonly sites?: number;
  readonly onlyGoodDice?: boolean;
  readonly parameters: readonly MeasuredParameter[];
  /** Duration of one inspection, in seconds. */
  readonly seconds: number;
}

export const ROUTE: readonly Step[] = [
  {
    name: 'OX-THK',
    inspectionType: 'metrology',
    equipmentType: 'film-metrology',
    recipe: 'OXTHK_9PT@4',
    slots: [1, 13, 25],
    sites: 9,
    seconds: 2.5,
    parameters: [
      { name: 'oxide_thickness', unit: 'nm', target: 12, sigma: 0.11, lowerLimit: 11.4, upperLimit: 12.6, digits: 3 },
      {
        name: 'refractive_index',
        unit: '',
        target: 1.462,
        sigma: 0.0015,
        lowerLimit: 1.45,
        upperLimit: 1.474,
        digits: 4,
      },
    ],
  },
  {
    name: 'GATE-CD',
    inspectionType: 'dimensional',
    equipmentType: 'cd-sem',
    recipe: 'GATECD_5PT@7',
    slots: [1, 7, 13, 19, 25],
    sites: 5,
    seconds: 8,
    parameters: [
      { name: 'gate_cd', unit: 'nm', target: 28, sigma: 0.35, lowerLimit: 26, upperLimit: 30, digits: 3 },
      { name: 'line_edge_roughness', unit: 'nm', target: 2.1, sigma: 0.12, upperLimit: 3, digits: 3 },
      { name: 'overlay_x', unit: 'nm', target: 0, sigma: 1.1, lowerLimit: -6, upperLimit: 6, digits: 2 },
      { name: 'overlay_y', unit: 'nm', target: 0, sigma: 1.1, lowerLimit: -6, upperLimit: 6, digits: 2 },
    ],
  },
  {
    name: 'M1-AOI',
    inspectionType: 'visual',
    equipmentType: 'aoi',
    recipe: 'M1_BF_STD@12',
    slots: [1, 7, 13, 19, 25],
    seconds: 1.2,
    parameters: [],
  },
  {
    name: 'CP1',
    inspectionType: 'electrical',
    equipmentType: 'prober',
    recipe: 'CP1_25C@31',
    seconds: 0.9,
    parameters: [
      { name: 'vth_n', unit: 'V', target: 0.42, sigma: 0.008, lowerLimit: 0.37, upperLimit: 0.47, digits: 4 },
      { name: 'idd_standby', unit: 'uA', target: 18, sigma: 1.6, upperLimit: 30, digits: 2 },
      { name: 'leakage', unit: 'nA', target: 4.2, sigma: 0.6, upperLimit: 9, digits: 3 },
      { name: 'fmax', unit: 'MHz', target: 412, sigma: 7, lowerLimit: 370, digits: 1 },
    ],
  },
  {
    name: 'CP2-HOT',
    inspectionType: 'thermal',
    equipmentType: 'hot-prober',
    recipe: 'CP2_125C@9',
    slots: [2, 8, 14, 20],
    onlyGoodDice: true,
    seconds: 1.4,
    parameters: [
      { name: 'idd_hot', unit: 'uA', target: 96, sigma: 9, upperLimit: 160, digits: 1 },
      { name: 'fmax_hot', unit: 'MHz', target: 371, sigma: 8, lowerLimit: 325, digits: 1 },
    ],
  },
  {
    name: 'FT',
    inspectionType: 'functional',
    equipmentType: 'handler',
    recipe: 'FT_FULL@18',
    onlyGoodDice: true,
    seconds: 2.2,
    parameters: [
      { name: 'vmin', unit: 'V', target: 0.71, sigma: 0.012, upperLimit: 0.78, digits: 4 },
      { name: 'esd_leakage', unit: 'nA', target: 1.1, sigma: 0.15, upperLimit: 2.2, digits: 3 },
    ],
  },
];

/** Hard and soft bin of a good die. */
export const GOOD_BIN = { hard: 1, soft: 1 } as const;

export interface FailureCause {
  readonly weight: number;
  readonly hardBin: number;
  readonly softBin: number;
  readonly name: string;
  /** The parameter outside its limit, if the cause is parametric. */
  readonly parameter?: string;
}

/** A failure of the touch-down, not of the die: a retest usually passes. */
export const CONTACT_FAILURE: FailureCause = { weight: 0, hardBin: 5, softBin: 11, name: 'contact_open' };

export const FAILURE_CAUSES: Readonly<Record<string, readonly [FailureCause, ...FailureCause[]]>> = {
  CP1: [
    { weight: 34, hardBin: 6, softBin: 21, name: 'leakage_high', parameter: 'leakage' },
    { weight: 24, hardBin: 8, softBin: 41, name: 'scan_chain' },
    { weight: 18, hardBin: 8, softBin: 42, name: 'memory_bist' },
    { weight: 14, hardBin: 7, softBin: 31, name: 'fmax_low', parameter: 'fmax' },
    { weight: 10, hardBin: 6, softBin: 22, name: 'idd_high', parameter: 'idd_standby' },
  ],
  'CP2-HOT': [
    { weight: 60, hardBin: 7, softBin: 32, name: 'fmax_hot_low', parameter: 'fmax_hot' },
    { weight: 40, hardBin: 6, softBin: 23, name: 'idd_hot_high', parameter: 'idd_hot' },
  ],
  FT: [
    { weight: 55, hardBin: 9, softBin: 51, name: 'functional_pattern' },
    { weight: 30, hardBin: 7, softBin: 33, name: 'vmin_high', parameter: 'vmin' },
    { weight: 15, hardBin: 9, softBin: 52, name: 'esd_damage', parameter: 'esd_leakage' },
  ],
};

/** Patterns of failing dice that a fault of the process leaves on every wafer of a lot. */
export const PATTERNS = ['ring', 'scratch'] as const;
export type Pattern = (typeof PATTERNS)[number];

/** Usable radii between which a ring of failing dice lies: away from the edge, where dice fail anyway. */
export const RING = { inner: 0.5, outer: 0.72 } as const;
/** Share of the dice under a pattern that fail at the first test. */
export const PATTERN_FAIL_SHARE = 0.9;

export interface DefectClass {
  readonly name: string;
  readonly weight: number;
  readonly meanSizeUm: number;
  /** Share of such defects that kill the die. */
  readonly killRatio: number;
}

export const DEFECT_CLASSES: readonly [DefectClass, ...DefectClass[]] = [
  { name: 'particle', weight: 46, meanSizeUm: 0.8, killRatio: 0.12 },
  { name: 'residue', weight: 21, meanSizeUm: 3.5, killRatio: 0.08 },
  { name: 'pattern_bridge', weight: 13, meanSizeUm: 0.3, killRatio: 0.7 },
  { name: 'scratch', weight: 9, meanSizeUm: 40, killRatio: 0.55 },
  { name: 'pattern_open', weight: 7, meanSizeUm: 0.3, killRatio: 0.75 },
  { name: 'pit', weight: 4, meanSizeUm: 1.5, killRatio: 0.2 },
];
