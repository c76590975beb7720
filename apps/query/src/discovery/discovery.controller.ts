import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Queryable } from '@chip/persistence';
import { z } from 'zod';
import { timeText } from '../http/answers.ts';
import { Answers } from '../http/documented-route.ts';
import { endsInOrder, pageParameters, timeRange } from '../http/parameters.ts';
import { Problem } from '../http/problem.error.ts';
import { Snapshots } from '../sql/snapshots.ts';
import {
  equipmentSeen,
  metricsSeen,
  namesOfAttempts,
  productsSeen,
  type SeenName,
  type SeenRange,
  seenRange,
  SILENT_AFTER,
} from './names.sql.ts';

const page = z.strictObject(pageParameters);
type Page = z.output<typeof page>;
const rangedPage = z
  .strictObject({
    ...pageParameters,
    ...timeRange('completed', { from: '2008-07-01T00:00:00Z', to: '2008-11-01T00:00:00Z' }),
  })
  .superRefine(endsInOrder);
type RangedPage = z.output<typeof rangedPage>;

const seen = {
  name: z.string().meta({ examples: ['AOI-03'] }),
  first_seen: timeText,
  last_seen: timeText,
};
const next_cursor = z
  .string()
  .nullable()
  .meta({ description: 'Give it as `cursor` for the next page; null at the end.' });
const namesPage = z.strictObject({ items: z.array(z.strictObject(seen)), next_cursor }).meta({ id: 'NamesPage' });
const rangedNamesPage = z
  .strictObject({
    covered: z.strictObject({ from: timeText, to: timeText }).nullable().meta({
      description: 'The range looked at: as asked for, else 90 days up to the newest completion; null without any.',
    }),
    items: z.array(z.strictObject(seen)),
    next_cursor,
  })
  .meta({ id: 'RangedNamesPage' });
const equipmentPage = z
  .strictObject({
    items: z.array(
      z.strictObject({
        ...seen,
        typical_interval_seconds: z.number().min(0).nullable().meta({
          description: 'Median time between its latest 50 completions; null below four of them.',
        }),
        is_silent: z
          .boolean()
          .nullable()
          .meta({
            description: `Whether nothing was completed for ${SILENT_AFTER} typical intervals; null where that is not known.`,
          }),
      }),
    ),
    next_cursor,
  })
  .meta({ id: 'EquipmentPage' });

const VERSION = 'n1|';
const encodeName = (name: string): string => Buffer.from(`${VERSION}${name}`).toString('base64url');

/** Name after which a page begins. @throws Problem 400 invalid_cursor unless the text is one that `encodeName` wrote */
function decodeName(cursor: string | undefined): string {
  if (cursor === undefined) {
    return '';
  }
  const text = Buffer.from(cursor, 'base64url').toString();
  const name = text.slice(VERSION.length);
  if (!text.startsWith(VERSION) || encodeName(name) !== cursor || name.includes('\0')) {
    throw new Problem(400, 'invalid_cursor', 'cursor is not one that this service gave out', [
      { parameter: 'cursor', message: 'expected next_cursor of an earlier answer' },
    ]);
  }
  return name;
}

/** One name more than fits is read, to know whether there is a next page. */
function toPage<Item extends SeenName>(
  items: readonly Item[],
  limit: number,
): { items: Item[]; next_cursor: string | null } {
  const last = items.length > limit ? items[limit - 1] : undefined;
  return { items: items.slice(0, limit), next_cursor: last ? encodeName(last.name) : null };
}

/** What a dashboard offers to choose from. */
@ApiTags('Discovery')
@Controller('v1')
export class DiscoveryController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get('equipment')
  @Answers(equipmentPage, {
    summary: 'Equipment, when it was last seen, and whether it is silent',
    description: 'Every machine with completed attempts, by name. A machine that went quiet sends no alarm of its own.',
  })
  equipment(@Query({ schema: page }) given: Page): Promise<z.output<typeof equipmentPage>> {
    return this.#names(given, equipmentSeen);
  }

  @Get('products')
  @Answers(namesPage, {
    summary: 'Products',
    description: 'By name; first and last seen are when inspections of the product began.',
  })
  products(@Query({ schema: page }) given: Page): Promise<z.output<typeof namesPage>> {
    return this.#names(given, productsSeen);
  }

  @Get('steps')
  @Answers(rangedNamesPage, { summary: 'Steps', description: 'Steps of completed attempts, by name.' })
  steps(@Query({ schema: rangedPage }) given: RangedPage): Promise<z.output<typeof rangedNamesPage>> {
    return this.#ofAttempts('step', given);
  }

  @Get('recipes')
  @Answers(rangedNamesPage, { summary: 'Recipes', description: 'Recipes of completed attempts, by name.' })
  recipes(@Query({ schema: rangedPage }) given: RangedPage): Promise<z.output<typeof rangedNamesPage>> {
    return this.#ofAttempts('recipe', given);
  }

  @Get('metrics')
  @Answers(namesPage, {
    summary: 'Telemetry metrics',
    description: 'By name; first and last seen are days (UTC) with samples.',
  })
  metrics(@Query({ schema: page }) given: Page): Promise<z.output<typeof namesPage>> {
    return this.#names(given, metricsSeen);
  }

  async #names<Item extends SeenName>(
    { limit, cursor }: Page,
    read: (snapshot: Queryable, after: string, limit: number) => Promise<Item[]>,
  ): Promise<{ items: Item[]; next_cursor: string | null }> {
    const after = decodeName(cursor);
    return toPage(await this.snapshots.read((snapshot) => read(snapshot, after, limit + 1)), limit);
  }

  async #ofAttempts(
    column: 'step' | 'recipe',
    { limit, cursor, ...given }: RangedPage,
  ): Promise<{ covered: SeenRange | null; items: SeenName[]; next_cursor: string | null }> {
    const after = decodeName(cursor);
    return this.snapshots.read(async (snapshot) => {
      const covered = await seenRange(snapshot, given);
      const items = covered ? await namesOfAttempts(snapshot, column, covered, after, limit + 1) : [];
      return { covered, ...toPage(items, limit) };
    });
  }
}
