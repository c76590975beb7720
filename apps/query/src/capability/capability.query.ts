import { type Queryable } from '@chip/persistence';
import { type Capability, capabilityOfMoments, capabilityOfSamples, d2 } from '@chip/quality';
import { Injectable } from '@nestjs/common';
import { momentsOfValues } from '../measured/measured-moments.sql.ts';
import { type Break, type MeasuredQuestion, measuredSamples } from '../measured/measured-samples.sql.ts';
import { MAX_SAMPLES } from '../measured/measured-parameters.ts';
import { type CapabilityParameters } from './capability-parameters.ts';
import { readyToCount } from '../attempts/ready-to-count.ts';
import { describeMeasured, tooManySamples, unambiguous } from '../measured/measured-question.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { CAPABILITY_DEFINITION, type CapabilityAnswer } from './capability-answer.ts';

type Question = CapabilityParameters & MeasuredQuestion;

interface Answered {
  readonly capability: Capability;
  readonly breakAt: Break | undefined;
}

/** Computes the capability of one measurement. */
@Injectable()
export class CapabilityQuery {
  constructor(private readonly snapshots: Snapshots) {}

  answer(parameters: CapabilityParameters): Promise<CapabilityAnswer> {
    const asked = { ...parameters, subgroup: parameters.subgroup ?? 1 };
    return this.snapshots.answer(async (snapshot) => {
      const question = await unambiguous<Question>(snapshot, await readyToCount(snapshot, asked), parameters.mix);
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
