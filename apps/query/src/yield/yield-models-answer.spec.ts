import { describe, expect, it } from '@jest/globals';
import { answerModels, modelParameters, modelsAnswer } from './yield-models-answer.ts';

const ask = (query: Record<string, string>) => answerModels(modelParameters.parse(query));

describe('yield models', () => {
  it('answer yields for a defect density and an area', () => {
    const { models, dpu, dpmo, definition_id } = ask({ area_cm2: '0.5', defect_density: '2', alpha: '2' });
    expect(models.map(({ model, yield: fraction }) => [model, Number(fraction.toFixed(6))])).toEqual([
      ['poisson', 0.367879],
      ['murphy', 0.399576],
      ['exponential', 0.5],
      ['negative_binomial', 0.444444],
    ]);
    expect([models[0]!.defect_density, models[0]!.defects_per_die, dpu, dpmo]).toEqual([2, 1, null, null]);
    expect(definition_id).toBe('yield.models/1');
  });

  it('answer the defect density that a yield stands for', () => {
    const { models } = ask({ area_cm2: '2', yield: '0.5' });
    expect(models.find(({ model }) => model === 'poisson')!.defect_density).toBeCloseTo(Math.log(2) / 2, 12);
    expect(models.find(({ model }) => model === 'exponential')!.defect_density).toBeCloseTo(0.5, 12);
    expect(ask({ yield: '0.5' }).models[0]!.defect_density).toBeNull();
  });

  it('answer DPU and DPMO of counted defects', () => {
    const { models, dpu, dpmo } = ask({ defects: '34', units: '750', opportunities: '10' });
    expect([dpu, dpmo]).toEqual([expect.closeTo(0.0453333, 6), expect.closeTo(4533.33, 2)]);
    expect(models[0]!.yield).toBeCloseTo(Math.exp(-34 / 750), 12);
  });

  it('stay numbers at the ends of what is taken', () => {
    const ends: Record<string, string>[] = [
      { yield: '0.000000001', alpha: '0.1' },
      { yield: '1', area_cm2: '0.0001' },
      { area_cm2: '1000000', defect_density: '1000000000' },
      { area_cm2: '1', defect_density: '0' },
    ];
    for (const end of ends) {
      expect([end, modelsAnswer.safeParse(ask(end)).error]).toEqual([end, undefined]);
    }
  });

  it.each<[Record<string, string>, string]>([
    [{}, 'defect_density'],
    [{ yield: '0.5', defect_density: '1', area_cm2: '1' }, 'defect_density'],
    [{ defect_density: '1' }, 'area_cm2'],
    [{ defects: '3' }, 'units'],
    [{ units: '3', yield: '0.5' }, 'defects'],
    [{ yield: '0' }, 'yield'],
    [{ yield: '1.1' }, 'yield'],
    [{ yield: '0.5', alpha: '0' }, 'alpha'],
    [{ yield: '0.5', opportunities: '3' }, 'opportunities'],
  ])('%j is refused at %s', (query, field) => {
    expect(modelParameters.safeParse(query).error?.issues.map(({ path }) => path[0])).toContain(field);
  });
});
