import { Controller, Get, Inject, Query } from '@nestjs/common';
import { type Queryable } from '@chip/persistence';
import { type Capability, capabilityOfMoments, capabilityOfSamples, d2 } from '@chip/quality';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { asOfSchema, definitionShape } from '../http/answers.ts';
import { Answers } from '../http/documented-route.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { CAPABILITY_DEFINITION, capabilityShape } from './capability-answer.ts';
import { MAX_SAMPLES } from '../spc/chart-request.ts';
import {
  type Break,
  type MeasuredQuestion,
  measuredSamples,
  momentsOfValues,
} from '../measured/measured-samples.sql.ts';
import { capabilityParameters, type CapabilityParameters } from '../spc/spc-parameters.ts';
import { describeMeasured, requireUnambiguous, tooManySamples } from '../spc/spc.controller.ts';

const capabilityAnswer = z
  .strictObject({ as_of: asOfSchema, ...definitionShape, ...capabilityShape })
  .meta({ id: 'ProcessCapability' });
type CapabilityAnswer = z.output<typeof capabilityAnswer>;

@ApiTags('Statistics')
@Controller('v1/capability')
export class CapabilityController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get()
  @Answers(capabilityAnswer, {
    summary: 'Process capability of what was measured',
    description: 'Cp, Cpk, Pp, Ppk, Cpm and Ppm of one measurement against limits that you give.',
  })
  answer(@Query({ schema: capabilityParameters }) parameters: CapabilityParameters): Promise<CapabilityAnswer> {
    const question = { ...parameters, subgroup: parameters.subgroup ?? 1 };
    return this.snapshots.answer(async (snapshot) => {
      await requireUnambiguous(snapshot, question, parameters.mix);
      const { capability, breakAt } =
        question.subgroup === 1 ? await ofValues(snapshot, question) : await ofSamples(snapshot, question);
      return {
        ...capability,
        definition: `${CAPABILITY_DEFINITION.definition} ${describeMeasured(question, breakAt)}`,
        definition_id: CAPABILITY_DEFINITION.definition_id,
      };
    });
  }
}

type Question = CapabilityParameters & MeasuredQuestion;
interface Answered {
  readonly capability: Capability;
  readonly breakAt: Break | undefined;
}

async function ofValues(snapshot: Queryable, question: Question): Promise<Answered> {
  const { moving_range, break_at, ...moments } = await momentsOfValues(snapshot, question, question.break_at);
  const sigma_within = moving_range === null ? null : moving_range / d2(2);
  return { capability: capabilityOfMoments({ ...moments, sigma_within }, question), breakAt: break_at };
}

async function ofSamples(snapshot: Queryable, question: Question): Promise<Answered> {
  const samples = await measuredSamples(snapshot, question, MAX_SAMPLES + 1);
  if (samples.length > MAX_SAMPLES) {
    throw tooManySamples();
  }
  return { capability: capabilityOfSamples(samples, question, question.sigma_method), breakAt: undefined };
}
