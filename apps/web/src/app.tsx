import { type JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { ErrorBoundary, LocationProvider, Route, Router, useLocation } from 'preact-iso';
import { isLive } from './api/events.ts';
import { refusal } from './api/session.ts';
import { VIEWS } from './routes.ts';
import { SettingsPanel } from './shared/settings-panel.tsx';
import { SignIn } from './shared/sign-in.tsx';
import { Title } from './shared/title.tsx';
import { texts } from './texts/texts.ts';

/** Addresses of views. The others of this host are answers and the page of the API, which the browser opens by itself. */
const OWN_ADDRESSES = /^\/(?!docs|v1\/|openapi|sign-in\/)/;

function Menu(): JSX.Element {
  const { path } = useLocation();
  const t = texts();
  return (
    <header class="top">
      <a class="skip" href="#content">
        {t.nav.skip}
      </a>
      <a class="brand" href="/">
        {t.product}
      </a>
      <nav aria-label={t.nav.label}>
        {VIEWS.flatMap(({ path: to, nav }) => {
          const isHere = to === '/' ? path === '/' : path.startsWith(to);
          return nav === undefined
            ? []
            : [
                <a key={to} href={to} aria-current={isHere ? 'page' : undefined}>
                  {t.nav[nav]}
                </a>,
              ];
        })}
        <a href="/docs">{t.nav.api}</a>
      </nav>
      <span class={`live ${isLive.value ? 'on' : ''}`} title={t.live.title(isLive.value)}>
        {isLive.value ? t.live.on : t.live.off}
      </span>
      <SettingsPanel />
    </header>
  );
}

function NotFound(): JSX.Element {
  const t = texts();
  return (
    <div class="panel">
      <Title>{t.states.notFound}</Title>
      <p>{t.states.notFoundHint}</p>
      <p>
        <a href="/">{t.nav.today}</a> · <a href="/lots">{t.nav.lots}</a>
      </p>
    </div>
  );
}

export function App(): JSX.Element {
  const content = useRef<HTMLElement>(null);
  // The previous view stays until the one of the address is loaded. Sets the attribute directly: the router calls during a
  // render, which would delay a change of state until then.
  const setBusy = (busy: boolean) => (): void => content.current?.setAttribute('aria-busy', String(busy));
  return (
    <LocationProvider scope={OWN_ADDRESSES}>
      <Menu />
      <main id="content" tabIndex={-1} ref={content}>
        {refusal.value !== undefined ? (
          <SignIn />
        ) : (
          <ErrorBoundary>
            <Router onLoadStart={setBusy(true)} onLoadEnd={setBusy(false)}>
              {VIEWS.map(({ path, component }) => (
                <Route key={path} path={path} component={component} />
              ))}
              <Route default component={NotFound} />
            </Router>
          </ErrorBoundary>
        )}
      </main>
    </LocationProvider>
  );
}
