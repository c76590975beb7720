import { z } from 'zod';
import { timeText } from '../http/answers.ts';
import { reasonText } from '../http/body.ts';
import { pageParameters, timeParameter } from '../http/parameters.ts';

/** Members of bodies that store a dated entry. */
export const versionBody = {
  valid_from: timeParameter.meta({
    format: 'date-time',
    description: 'When it takes effect; it holds until the next version begins. May lie in the past.',
  }),
  withdraw: z.literal(true).optional().meta({
    description: 'Withdraw the version with this valid_from because it was wrong: it no longer counts for any time.',
  }),
  reason: reasonText.meta({ description: 'Why, for the audit trail.' }),
};

/** Members of answers that show one. */
export const versionShape = {
  id: z.string().meta({ format: 'uuid', examples: ['0d6a2d1c-8a4e-5c43-9d53-0f8f4a3b2c11'] }),
  valid_from: timeText,
  valid_to: timeText.nullable().meta({
    description: 'When the next version begins; null while there is none, and of a withdrawn version.',
  }),
  reason: z.string(),
  created_by: z.string(),
  created_at: timeText,
  withdrawn_at: timeText.nullable().meta({ description: 'Since when the version no longer counts for any time.' }),
  withdrawn_by: z.string().nullable(),
  withdrawal_reason: z.string().nullable(),
};

/** Parameters of lists of versions. */
export const versionList = {
  in_force_at: timeParameter.optional().meta({
    format: 'date-time',
    description: 'Only the versions that hold at this time.',
    example: '2026-03-02T00:00:00Z',
  }),
  ...pageParameters,
};
