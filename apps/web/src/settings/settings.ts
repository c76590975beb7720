/** What a person chooses for this browser: language, colours and time zone. Kept across visits. */
import { effect, signal } from '@preact/signals';

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export interface Settings {
  readonly language: Language;
  readonly theme: Theme;
  /** IANA name of the plant's time zone, in which times are shown first. */
  readonly timeZone: string;
}

const STORED_AS = 'chip.settings';

/** Every zone that this browser knows. */
export const timeZones = (): string[] => [
  'UTC',
  ...Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC'),
];

function defaults(): Settings {
  const wanted = navigator.languages.map((name) => name.slice(0, 2));
  return {
    language: LANGUAGES.find((language) => wanted.find((name) => isOneOf(LANGUAGES, name)) === language) ?? 'en',
    theme: 'system',
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC',
  };
}

function isOneOf<T extends string>(list: readonly T[], text: unknown): text is T {
  return (list as readonly unknown[]).includes(text);
}

function isTimeZone(name: unknown): name is string {
  try {
    return typeof name === 'string' && Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

/** Takes over what is stored and still valid: an older page or a person may have written anything there. */
function load(): Settings {
  const given = defaults();
  try {
    const stored = JSON.parse(localStorage.getItem(STORED_AS) ?? '{}') as Partial<Record<keyof Settings, unknown>>;
    return {
      language: isOneOf(LANGUAGES, stored.language) ? stored.language : given.language,
      theme: isOneOf(THEMES, stored.theme) ? stored.theme : given.theme,
      timeZone: isTimeZone(stored.timeZone) ? stored.timeZone : given.timeZone,
    };
  } catch {
    return given;
  }
}

export const settings = signal<Settings>(load());

export function change(part: Partial<Settings>): void {
  settings.value = { ...settings.value, ...part };
  try {
    localStorage.setItem(STORED_AS, JSON.stringify(settings.value));
  } catch {
    // Storage may be full or forbidden; the choice then lasts as long as the page.
  }
}

const prefersDark = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(prefersDark.matches);
prefersDark.addEventListener('change', ({ matches }) => (systemIsDark.value = matches));

const print = matchMedia('print');
const isPrinted = signal(print.matches);
print.addEventListener('change', ({ matches }) => (isPrinted.value = matches));

/** Whether the page is dark now. Prints are always light. */
export const isDark = (): boolean =>
  !isPrinted.value && (settings.value.theme === 'dark' || (settings.value.theme === 'system' && systemIsDark.value));

/** Keeps `<html lang>` in step with the settings. */
export function followLanguage(): void {
  effect(() => {
    document.documentElement.lang = settings.value.language;
  });
}
