/** Computes what eyes would have to judge: contrast by WCAG 2.2, distance by CIEDE2000 as each kind of eye sees it. */
import { describe, expect, it } from '@jest/globals';
import {
  type Color,
  converter,
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  wcagContrast,
} from 'culori';
import { DARK, LIGHT, type Palette } from './palette.ts';

const rgb = converter('rgb');
const lightness = converter('lab');
const distance = differenceCiede2000();
const EYES: readonly [name: string, see: (colour: Color) => Color][] = [
  ['full colour vision', (colour) => colour],
  ['protanopia', filterDeficiencyProt(1) as (colour: Color) => Color],
  ['deuteranopia', filterDeficiencyDeuter(1) as (colour: Color) => Color],
  ['tritanopia', filterDeficiencyTrit(1) as (colour: Color) => Color],
];
const THEMES: readonly [name: string, palette: Palette][] = [
  ['light', LIGHT],
  ['dark', DARK],
];
/** Two colours side by side are told apart at a glance from about 10 on; 2 is just noticeable. */
const APART = 10;

/** Pairs of colours that an eye sees closer than `least`. */
function tooClose(colours: readonly string[], see: (colour: Color) => Color, least: number): string[] {
  const seen = colours.map((colour) => see(rgb(colour)!));
  return colours.flatMap((colour, i) =>
    colours
      .slice(0, i)
      .filter((_, j) => distance(seen[i]!, seen[j]!) < least)
      .map((other) => `${colour} and ${other}`),
  );
}

describe.each(THEMES)('the %s palette', (_, palette) => {
  it.each(EYES)('keeps the colours of a map apart for %s', (_name, see) => {
    expect(tooClose([palette.pass, ...palette.categories, palette.other], see, APART)).toEqual([]);
    expect(tooClose([palette.pass, palette.fail], see, 2 * APART)).toEqual([]);
    expect(tooClose([palette.good, palette.bad], see, APART)).toEqual([]);
  });

  it.each(EYES)('has a ramp that gets lighter step by step for %s', (_name, see) => {
    const steps = palette.ramp.map((colour) => lightness(see(rgb(colour)!))!.l);
    steps.slice(1).forEach((step, i) => expect(step - steps[i]!).toBeGreaterThan(3));
  });

  it('has texts of at least 4.5 : 1 and marks of at least 3 : 1', () => {
    for (const background of [palette.page, palette.panel]) {
      for (const name of ['text', 'quiet', 'accent', 'good', 'warn', 'bad'] as const) {
        expect({ name, readable: wcagContrast(palette[name], background) >= 4.5 }).toEqual({ name, readable: true });
      }
    }
    expect(wcagContrast(palette.onAccent, palette.accent)).toBeGreaterThanOrEqual(4.5);
    for (const mark of [palette.fail, ...palette.categories, palette.other]) {
      expect({ mark, visible: wcagContrast(mark, palette.panel) >= 3 }).toEqual({ mark, visible: true });
    }
  });
});

it('notices colours that a colour-blind eye confuses', () => {
  const [, [, protanopia]] = EYES as [unknown, [string, (colour: Color) => Color]];
  expect(tooClose(['#b8860b', '#6b8e23'], (colour) => colour, APART)).toEqual([]);
  expect(tooClose(['#b8860b', '#6b8e23'], protanopia, APART)).toHaveLength(1);
});
