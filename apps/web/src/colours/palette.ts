/**
 * Every colour of the page, for light and dark. palette.spec.ts computes that texts are readable and that the colours of a map
 * stay apart for people with each kind of colour blindness.
 */
export interface Palette {
  /** Background of the page, and of panels and maps on it. */
  readonly page: string;
  readonly panel: string;
  readonly line: string;
  readonly text: string;
  readonly quiet: string;
  readonly accent: string;
  /** Text on `accent`. */
  readonly onAccent: string;
  readonly good: string;
  readonly warn: string;
  readonly bad: string;
  /** A die that passes: calm, because most dice do. */
  readonly pass: string;
  /** A die that fails, where only the verdict is shown. */
  readonly fail: string;
  /** Causes of failure, the most frequent first. */
  readonly categories: readonly [string, string, string, string, string, string];
  /** All causes after those. */
  readonly other: string;
  /** Outline of a die without a value. */
  readonly empty: string;
  /** From low to high values. */
  readonly ramp: readonly string[];
}

export const LIGHT: Palette = {
  page: '#f3f5f7',
  panel: '#ffffff',
  line: '#d5dbe1',
  text: '#17202a',
  quiet: '#54616e',
  accent: '#0b5cad',
  onAccent: '#ffffff',
  good: '#00696e',
  warn: '#8a5300',
  bad: '#b3261e',
  pass: '#b9c4ca',
  fail: '#b3261e',
  categories: ['#811044', '#3d8fe4', '#778a2d', '#5624c1', '#b95f7d', '#0e5715'],
  other: '#505050',
  empty: '#c9d1d8',
  ramp: ['#00224e', '#21396d', '#434e6c', '#5f636e', '#7b7a77', '#989070', '#b8a961', '#d9c244', '#fbdf24'],
};

export const DARK: Palette = {
  page: '#0d1116',
  panel: '#14181d',
  line: '#303944',
  text: '#e8edf2',
  quiet: '#a3b0bd',
  accent: '#6cb2ff',
  onAccent: '#08111c',
  good: '#4fd6c4',
  warn: '#f0b45a',
  bad: '#ff8a7a',
  pass: '#4a5660',
  fail: '#ff7a5c',
  categories: ['#c43b10', '#7ceec5', '#af50b8', '#adca20', '#409e6a', '#f28ffb'],
  other: '#ffffff',
  empty: '#3a444e',
  ramp: ['#24407a', '#38507c', '#4d5f79', '#656f78', '#7f8078', '#999270', '#b6a662', '#d5be47', '#f5d92e'],
};

/** Sets the colours as variables of the style sheet: `--page`, `--on-accent` … */
export function applyPalette(palette: Palette, isDark: boolean): void {
  const { style, dataset } = document.documentElement;
  dataset['theme'] = isDark ? 'dark' : 'light';
  style.colorScheme = isDark ? 'dark' : 'light';
  for (const [name, value] of Object.entries(palette)) {
    if (typeof value === 'string') {
      style.setProperty(`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, value);
    }
  }
}
