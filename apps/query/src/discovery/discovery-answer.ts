import { z } from 'zod';
import { nextCursor, timeText } from '../http/answers.ts';
import { endsInOrder, pageParameters, timeRange } from '../http/parameters.ts';
import { SILENT_AFTER, SILENT_AFTER_MINUTES } from './names.sql.ts';

export const page = z.strictObject(pageParameters);

export type Page = z.output<typeof page>;

export const rangedPage = z
  .strictObject({
    ...pageParameters,
    ...timeRange('completed', { from: '2008-07-01T00:00:00Z', to: '2008-11-01T00:00:00Z' }),
  })
  .superRefine(endsInOrder);

export type RangedPage = z.output<typeof rangedPage>;

const seen = {
  name: z.string().meta({ examples: ['AOI-03'] }),
  first_seen: timeText,
  last_seen: timeText,
};

export const namesPage = z
  .strictObject({ items: z.array(z.strictObject(seen)), next_cursor: nextCursor })
  .meta({ id: 'NamesPage' });

export const rangedNamesPage = z
  .strictObject({
    covered: z.strictObject({ from: timeText, to: timeText }).nullable().meta({
      description:
        'The range searched: as requested, else the 90 days up to the newest completion; null without completions.',
    }),
    items: z.array(z.strictObject(seen)),
    next_cursor: nextCursor,
  })
  .meta({ id: 'RangedNamesPage' });

export const equipmentPage = z
  .strictObject({
    items: z.array(
      z.strictObject({
        ...seen,
        typical_interval_seconds: z.number().min(0).nullable().meta({
          description: 'Median time between its latest 50 completions; null with fewer than four.',
        }),
        is_silent: z
          .boolean()
          .nullable()
          .meta({
            description: `Whether it has completed nothing for ${SILENT_AFTER} typical intervals and at least ${SILENT_AFTER_MINUTES} minutes; null when unknown.`,
          }),
      }),
    ),
    next_cursor: nextCursor,
  })
  .meta({ id: 'EquipmentPage' });
