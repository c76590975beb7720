import './styles/page.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { followEvents } from './api/events.ts';
import { App } from './app.tsx';
import { applyPalette, DARK, LIGHT } from './colours/palette.ts';
import { followLanguage, isDark } from './settings/settings.ts';

effect(() => applyPalette(isDark() ? DARK : LIGHT, isDark()));
followLanguage();
followEvents();
render(<App />, document.getElementById('page') as HTMLElement);
