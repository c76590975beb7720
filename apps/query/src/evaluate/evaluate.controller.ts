import {
  anovaStudy,
  averageRangeStudy,
  capabilityOfSamples,
  capabilityOfValues,
  GaugeDesignError,
  summarise,
} from '@chip/quality';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Needs } from '../access/rights.ts';
import { CAPABILITY_DEFINITION } from '../capability/capability-answer.ts';
import { Answers } from '../http/documented-route.ts';
import { inTurns, nextTurn } from '../http/next-turn.ts';
import { Problem } from '../http/problem.error.ts';
import { asProblem, chartSteps, defineChart, requireData, warningOf } from '../charts/chart-evaluation.ts';
import { chartRequest, type ChartRequest } from '../charts/chart-request.ts';
import {
  capabilityAnswer,
  type CapabilityAnswer,
  capabilityRequest,
  type CapabilityRequest,
  chartAnswer,
  type ChartAnswer,
  gaugeAnswer,
  type GaugeAnswer,
  gaugeRequest,
  type GaugeRequest,
} from './evaluate-answer.ts';

const GAUGE_COMPONENTS =
  'Components are standard deviations; grr^2 = ev^2 + av^2, tv^2 = grr^2 + pv^2; percentages are of tv; ndc = 1.41 pv / grr, truncated.';
const GAUGE_DEFINITION: Readonly<Record<GaugeRequest['method'], string>> = {
  average_range: `AIAG average and range method: ev = mean range / d2(trials), av and pv from the ranges of the appraisers' and parts' means / d2*. ${GAUGE_COMPONENTS}`,
  anova: `Two-way crossed ANOVA, parts and appraisers random; an interaction with p above 0.25 is pooled into repeatability, any other counts in av. ${GAUGE_COMPONENTS}`,
};

@ApiTags('Statistics')
@Controller('v1')
@Needs('evaluate')
export class EvaluateController {
  @Post('spc/evaluate')
  @HttpCode(200)
  @Answers(chartAnswer, {
    summary: 'A control chart of your own numbers',
    description:
      'Limits, points and violations. Rules have names: Western Electric 4 is 8 in a row on one side, Nelson 2 is 9. Run rules are opt-in, because each one adds false alarms.',
  })
  async evaluateChart(@Body({ schema: chartRequest }) request: ChartRequest): Promise<ChartAnswer> {
    try {
      requireData(request);
      // Checking the body, each step of computing, and writing the answer take a turn each.
      await nextTurn();
      const { values, subgroups, counts, ...settings } = request;
      const data = { values, samples: subgroups?.map(summarise), counts };
      const chart = await inTurns(chartSteps(settings, data));
      await nextTurn();
      return { ...chart, warning: warningOf(settings, chart), ...defineChart(settings) };
    } catch (error) {
      throw asProblem(error, 'body');
    }
  }

  @Post('capability/evaluate')
  @HttpCode(200)
  @Answers(capabilityAnswer, {
    summary: 'Process capability of your own numbers',
    description: 'Cp, Cpk, Pp, Ppk and Cpm, also for one-sided limits.',
  })
  evaluateCapability(@Body({ schema: capabilityRequest }) request: CapabilityRequest): CapabilityAnswer {
    const { values, subgroups, sigma_method, ...limits } = request;
    const capability =
      subgroups === undefined
        ? capabilityOfValues(values ?? [], limits)
        : capabilityOfSamples(subgroups.map(summarise), limits, sigma_method);
    return { ...capability, ...CAPABILITY_DEFINITION };
  }

  @Post('gauge-rr/evaluate')
  @HttpCode(200)
  @Answers(gaugeAnswer, {
    summary: 'Gauge repeatability and reproducibility of your own numbers',
    description: 'A complete crossed design: every appraiser measures every part in every trial.',
  })
  evaluateGaugeRr(@Body({ schema: gaugeRequest }) { method, measurements }: GaugeRequest): GaugeAnswer {
    try {
      const study = method === 'anova' ? anovaStudy(measurements) : averageRangeStudy(measurements);
      return { ...study, definition: GAUGE_DEFINITION[method], definition_id: `gauge_rr.${method}/1` };
    } catch (error) {
      if (!(error instanceof GaugeDesignError)) {
        throw error;
      }
      throw new Problem(400, 'invalid_body', `measurements ${error.message}`, [
        { parameter: '/measurements', message: error.message },
      ]);
    }
  }
}
