import { CONTROL_RULES } from '@chip/quality';
import { describe, expect, it } from '@jest/globals';
import { chartRequest } from '../charts/chart-request.ts';
import { capabilityRequest } from './evaluate-answer.ts';
import { EvaluateController } from './evaluate.controller.ts';

/** How often others got a turn of the event loop until `work` was done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns += 1;
    if (!isDone) {
      setImmediate(count);
    }
  };
  setImmediate(count);
  await work();
  isDone = true;
  return turns;
}

describe('numbers too small to be squared', () => {
  // Their standard deviation would be 0, and the indices those of values that do not differ.
  const values = [1e-170, 2e-170, 3e-170];

  it.each([
    ['capability of values', capabilityRequest, { values, usl: 1 }],
    ['capability of subgroups', capabilityRequest, { subgroups: [values], usl: 1 }],
    ['a chart of values', chartRequest, { chart: 'imr', values }],
    ['a chart of subgroups', chartRequest, { chart: 'xbar_s', subgroups: [values] }],
  ])('are refused: %s', (_, schema, request) => {
    const { error } = schema.safeParse(request);
    expect(error?.issues[0]?.message).toBe('expected 0, or at least 1e-100 in magnitude');
  });
});

describe('a chart of 50,000 values by every rule', () => {
  it.each(['imr', 'between_within'] as const)('lets others have a turn between its steps: %s', async (kind) => {
    const values = Array.from({ length: 50_000 }, (_, n) => Math.sin(n * n));
    const data = kind === 'imr' ? { values } : { subgroups: values.map((value) => [value, value + 1]) };
    let points = 0;
    const turns = await turnsDuring(async () => {
      const request = { chart: kind, ...data, rules: [...CONTROL_RULES] };
      const chart = await new EvaluateController().evaluateChart(request);
      points = chart.location.points.length;
    });
    // Before and after the computation, and before each of its panels.
    expect({ turns, points }).toEqual({ turns: kind === 'imr' ? 4 : 5, points: 50_000 });
  });

  it('is refused as a problem, not as a failure of the service', async () => {
    await expect(new EvaluateController().evaluateChart({ chart: 'imr' })).rejects.toMatchObject({
      status: 400,
      code: 'invalid_body',
    });
  });
});
