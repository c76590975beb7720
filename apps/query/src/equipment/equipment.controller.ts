import { equalProportionsP, holm, oddsRatio, wilsonInterval } from '@chip/quality';
import { formatTime, INSPECTION_RESULTS_OF_CHIP, INSPECTION_STATUSES, parseTime } from '@chip/contracts';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { asOfSchema, count, definitionSchema, timeText } from '../answers.ts';
import { ATTEMPT_POLICIES, COUNTED_ATTEMPTS, POLICY_CHOICE } from '../counted-attempts.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { Answers } from '../documented-route.ts';
import { attemptParameters, endsInOrder, equipmentParameter, pageParameters, timeRange } from '../parameters.ts';
import { Snapshots } from '../snapshots.ts';
import { yieldCounts } from '../yield/yield.query.ts';
import { unitsOfEquipment } from './equipment-units.query.ts';

const compareParameters = z
  .strictObject({
    policy: z.enum(ATTEMPT_POLICIES).default('last').meta({
      description: 'Which attempt stands for a unit that was tested more than once; its equipment gets the unit.',
      example: 'last',
    }),
    ...attemptParameters,
  })
  .superRefine(endsInOrder);
type CompareParameters = z.output<typeof compareParameters>;

const fraction = z.number().min(0).max(1);
const compareAnswer = z
  .strictObject({
    as_of: asOfSchema,
    definition: definitionSchema,
    groups: z.array(
      z.strictObject({
        key: z.string().meta({ description: 'Equipment.', examples: ['AOI-03'] }),
        units: count,
        passed: count,
        failed: count,
        yield: fraction,
        yield_lower: fraction.meta({ description: 'Lower end of the 95 % Wilson interval of yield.' }),
        yield_upper: fraction.meta({ description: 'Upper end of the 95 % Wilson interval of yield.' }),
        odds_ratio: z
          .number()
          .nullable()
          .meta({ description: 'Odds of failing here / on all others; above 1 = worse.' }),
        p: fraction.nullable().meta({ description: 'Two-sided p that this equipment fails like all others.' }),
        p_corrected: fraction.nullable().meta({ description: 'p after Holm correction for the number of equipment.' }),
      }),
    ),
    totals: z.strictObject({ units: count, passed: count, failed: count, yield: fraction.nullable() }),
  })
  .meta({ id: 'EquipmentComparison' });
type CompareAnswer = z.output<typeof compareAnswer>;

const equipmentPath = z.strictObject({ equipment_id: equipmentParameter });
type EquipmentPath = z.output<typeof equipmentPath>;
const unitsParameters = z
  .strictObject({
    ...timeRange('occurred_at', { from: '2026-03-02T08:00:00Z', to: '2026-03-03T08:00:00Z' }),
    ...pageParameters,
  })
  .superRefine(endsInOrder);
type UnitsParameters = z.output<typeof unitsParameters>;
const text = z.string().nullable();
const integer = z.int().nullable();
const unitsPage = z
  .strictObject({
    items: z.array(
      z.strictObject({
        inspection_id: z.string().meta({ format: 'uuid' }),
        site: z.string(),
        lot_id: z.string(),
        chip_id: z.string(),
        wafer_id: text,
        die_x: integer,
        die_y: integer,
        inspection_type: z.string(),
        step: z.string(),
        status: z.enum(INSPECTION_STATUSES),
        result: z.enum(INSPECTION_RESULTS_OF_CHIP).nullable(),
        recipe: text,
        product: text,
        occurred_at: timeText,
        completed_at: timeText.nullable(),
        event_id: z.string().meta({ format: 'uuid' }),
      }),
    ),
    next_cursor: text.meta({ description: 'Give it as `cursor` for the next page; null at the end.' }),
  })
  .meta({ id: 'EquipmentUnits' });
type UnitsPage = { items: Awaited<ReturnType<typeof unitsOfEquipment>>; next_cursor: string | null };

@ApiTags('Equipment')
@Controller('v1/equipment')
export class EquipmentController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get('compare')
  @Answers(compareAnswer, {
    summary: 'Which equipment fails more than the others',
    description:
      'Yield per equipment with its uncertainty, and whether the difference to all others is more than chance. The most suspicious comes first.',
  })
  compare(@Query({ schema: compareParameters }) parameters: CompareParameters): Promise<CompareAnswer> {
    const { policy } = parameters;
    return this.snapshots.answer(async (snapshot) => {
      const rows = await yieldCounts(snapshot, { ...parameters, group_by: 'equipment' }, policy);
      const named = rows.filter((row): row is typeof row & { key: string } => !row.total && row.key !== null);
      return {
        definition: `Final yield per equipment, policy ${policy}: ${POLICY_CHOICE[policy]} of each unit by (occurred_at, event_id), among ${COUNTED_ATTEMPTS}; units without an equipment are left out. Interval: Wilson, 95 %. p: Fisher's exact test, two-sided, against all other equipment together (chi-square where every expected count is 100 or more), corrected by Holm. Correlation, not cause.`,
        ...compareGroups(named),
      };
    });
  }

  @Get(':equipment_id/units')
  @Answers(unitsPage, {
    summary: 'Everything one machine touched',
    description: 'Every attempt on this equipment, whatever its state, newest first by (occurred_at, event_id).',
  })
  async units(
    @Param({ schema: equipmentPath }) { equipment_id }: EquipmentPath,
    @Query({ schema: unitsParameters }) { limit, cursor, ...range }: UnitsParameters,
  ): Promise<UnitsPage> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const items = await this.snapshots.read((snapshot) =>
      unitsOfEquipment(snapshot, equipment_id, range, after, limit + 1),
    );
    const last = items.length > limit ? items[limit - 1] : undefined;
    return {
      items: items.slice(0, limit),
      next_cursor: last ? encodeCursor({ time: formatTime(parseTime(last.occurred_at)), id: last.event_id }) : null,
    };
  }
}

/** Each group against all others together. One group alone has nothing to be compared with. */
export function compareGroups(
  rows: readonly { key: string; units: number; passed: number }[],
): Pick<CompareAnswer, 'groups' | 'totals'> {
  const units = rows.reduce((sum, row) => sum + row.units, 0);
  const passed = rows.reduce((sum, row) => sum + row.passed, 0);
  const tables = rows.map((row) => ({
    failed: row.units - row.passed,
    passed: row.passed,
    othersFailed: units - passed - (row.units - row.passed),
    othersPassed: passed - row.passed,
  }));
  const isComparable = rows.length > 1;
  const ps = tables.map(equalProportionsP);
  const corrected = holm(ps);
  const groups = rows.map((row, i) => {
    const interval = wilsonInterval(row.passed, row.units);
    return {
      key: row.key,
      units: row.units,
      passed: row.passed,
      failed: row.units - row.passed,
      yield: row.passed / row.units,
      yield_lower: interval?.lower ?? 0,
      yield_upper: interval?.upper ?? 1,
      odds_ratio: isComparable ? oddsRatio(tables[i] as (typeof tables)[number]) : null,
      p: isComparable ? (ps[i] as number) : null,
      p_corrected: isComparable ? (corrected[i] as number) : null,
    };
  });
  groups.sort(
    (a, b) =>
      (a.p ?? 1) - (b.p ?? 1) ||
      (b.odds_ratio ?? 0) - (a.odds_ratio ?? 0) ||
      (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  );
  return { groups, totals: { units, passed, failed: units - passed, yield: units === 0 ? null : passed / units } };
}
