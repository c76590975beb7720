import { type JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { askWays, refusal, signIn, ways } from '../api/session.ts';
import { texts } from '../texts/texts.ts';

/** Why the issuer's page led back without a session, as the service appends it to the address; until the next attempt. */
let failure = new URLSearchParams(location.search).get('sign-in');

/** Longest address that the service leads back to. */
const MAX_ADDRESS = 1_000;

/** Address of the issuer's page that leads back to the open view, without its parameters if that would be too long. */
function beginning(start: string): string {
  const view = new URL(location.href);
  view.searchParams.delete('sign-in');
  const back = [view.pathname + view.search, view.pathname].find((one) => one.length <= MAX_ADDRESS) ?? '/';
  return `${start}?to=${encodeURIComponent(back)}`;
}

/** Asks a person to sign in, in the ways that the service offers. */
export function SignIn(): JSX.Element {
  const [given, setGiven] = useState('');
  const t = texts().signIn;
  useEffect(() => void askWays(), []);
  const { start } = ways.value;
  return (
    <form
      class="panel sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        failure = null;
        signIn(given);
      }}
    >
      <h1>{t.title}</h1>
      <p>{t.hint}</p>
      {refusal.value !== '' && (
        <p class="bad" role="alert" lang="en">
          {t.refused(refusal.value ?? '')}
        </p>
      )}
      {failure !== null && (
        <p class="bad" role="alert">
          {t.failures[failure as keyof typeof t.failures] ?? t.failures.refused}
        </p>
      )}
      {start !== null && (
        <p>
          <button type="button" class="primary" onClick={() => location.assign(beginning(start))}>
            {t.issuer}
          </button>
        </p>
      )}
      <label>
        <span>{t.key}</span>
        <input
          type="password"
          name="key"
          autocomplete="off"
          required
          value={given}
          onInput={({ currentTarget }) => setGiven(currentTarget.value)}
        />
      </label>
      <button type="submit" class="primary">
        {t.submit}
      </button>
    </form>
  );
}
