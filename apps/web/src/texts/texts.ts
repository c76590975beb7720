import { settings, type Language } from '../settings/settings.ts';
import { de } from './de.ts';
import { en, type Texts } from './en.ts';

const CATALOGUE: Readonly<Record<Language, Texts>> = { en, de };

/** The texts in the chosen language. A component that calls this renders again when the language changes. */
export const texts = (): Texts => CATALOGUE[settings.value.language];
