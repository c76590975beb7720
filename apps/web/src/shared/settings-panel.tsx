import { type JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { askWays, endSession, key, leave, ways } from '../api/session.ts';
import { Select } from './choice.tsx';
import { texts } from '../texts/texts.ts';
import { change, LANGUAGES, settings, THEMES, timeZones, type Language, type Theme } from '../settings/settings.ts';

export function SettingsPanel(): JSX.Element {
  const id = useId();
  // Hundreds, which every view would carry along: they are listed when the panel is first opened.
  const [zones, setZones] = useState<readonly string[]>();
  const t = texts().settings;
  const { language, theme, timeZone } = settings.value;
  return (
    <>
      <button type="button" class="quiet" popovertarget={id}>
        {t.title}
      </button>
      <div
        id={id}
        popover="auto"
        class="popover"
        role="group"
        aria-label={t.title}
        onBeforeToggle={() => {
          setZones(timeZones());
          void askWays();
        }}
      >
        <h3>{t.title}</h3>
        <Select
          label={t.language}
          value={language}
          options={LANGUAGES.map((value) => ({ value, label: t.languages[value] }))}
          onChange={(value) => change({ language: value as Language })}
        />
        <Select
          label={t.theme}
          value={theme}
          options={THEMES.map((value) => ({ value, label: t.themes[value] }))}
          onChange={(value) => change({ theme: value as Theme })}
        />
        <Select
          label={t.timeZone}
          value={timeZone}
          options={(zones ?? [timeZone]).map((value) => ({ value, label: value.replaceAll('_', ' ') }))}
          onChange={(value) => change({ timeZone: value })}
        />
        {key.value !== undefined && (
          <p>
            <button type="button" onClick={leave}>
              {t.signOut}
            </button>
          </p>
        )}
        {key.value === undefined && ways.value.csrf !== null && (
          <p>
            <button type="button" onClick={() => void endSession()}>
              {t.endSession}
            </button>
          </p>
        )}
        <p class="actions">
          <button type="button" popovertarget={id} popovertargetaction="hide">
            {t.close}
          </button>
        </p>
      </div>
    </>
  );
}
