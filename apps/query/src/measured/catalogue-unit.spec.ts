import { describe, expect, it } from '@jest/globals';
import { catalogueUnit, conversionTo, specificationOf } from './catalogue-unit.ts';

const entry = (unit: string | null, scope: object = {}) => ({
  product: null,
  step: null,
  recipe: null,
  site: null,
  unit,
  ...scope,
});
const kind = (unit: string | null, scope: object = {}) => ({
  unit,
  inspection_type: 'metrology',
  product: 'P',
  step: 'etch',
  recipe: null,
  site: 'fab',
  ...scope,
});

describe('specificationOf', () => {
  const every = entry('nm');
  const product = entry('um', { product: 'P' });
  const step = entry('mm', { step: 'etch' });
  const both = entry('m', { step: 'etch', site: 'fab' });

  it('is the entry that fits and names the most', () => {
    expect(specificationOf(kind(null), [every, product])).toBe(product);
    expect(specificationOf(kind(null), [every, product, both])).toBe(both);
    expect(specificationOf(kind(null, { product: 'Q', step: 'x' }), [product, both, every])).toBe(every);
    expect(specificationOf(kind(null, { product: null, step: 'x' }), [product])).toBeUndefined();
  });

  it('is that of the product where two name equally many', () => {
    expect(specificationOf(kind(null), [step, product])).toBe(product);
    const stepAndRecipe = entry('a', { step: 'etch', recipe: 'R' });
    const productAndSite = entry('b', { product: 'P', site: 'fab' });
    expect(specificationOf(kind(null, { recipe: 'R' }), [stepAndRecipe, productAndSite])).toBe(productAndSite);
  });
});

describe('catalogueUnit', () => {
  it('is one for all values, or none', () => {
    const specifications = [entry('nm', { product: 'P' }), entry('V', { product: 'Q' })];
    expect(catalogueUnit([kind('um'), kind('nm')], specifications)).toBe('nm');
    expect(catalogueUnit([kind('um'), kind('um', { product: 'Q' })], specifications)).toBeUndefined();
    expect(catalogueUnit([kind('um'), kind('um', { product: 'R' })], specifications)).toBeUndefined();
    expect(catalogueUnit([kind('um')], [entry(null)])).toBeUndefined();
    expect(catalogueUnit([], specifications)).toBeUndefined();
  });
});

describe('conversionTo', () => {
  it('names the units that differ', () => {
    expect(conversionTo('nm', [kind('nm'), kind('um'), kind('um', { step: 'x' })])).toEqual({
      unit: 'nm',
      from: [{ unit: 'um', factor: 1000, offset: 0 }],
      others: [],
    });
  });

  it('takes values without a unit for the wanted one only where no value has any', () => {
    expect(conversionTo('nm', [kind(null)])).toEqual({ unit: 'nm', from: [], others: [] });
    expect(conversionTo('nm', [kind(null), kind('nm')])).toEqual({ unit: 'nm', from: [], others: [null] });
  });

  it('leaves what measures something else, and converts the rest', () => {
    expect(conversionTo('nm', [kind('nm'), kind('V'), kind('um')])).toEqual({
      unit: 'nm',
      from: [{ unit: 'um', factor: 1000, offset: 0 }],
      others: ['V'],
    });
    expect(conversionTo('nm', [kind('furlong')])).toEqual({ unit: 'nm', from: [], others: ['furlong'] });
  });
});
