import { type JSX } from 'preact';
import { useState } from 'preact/hooks';
import { refusal, signIn } from '../api/session.ts';
import { texts } from '../texts/texts.ts';

/** Asks for a key, where the service wants one. */
export function SignIn(): JSX.Element {
  const [given, setGiven] = useState('');
  const t = texts().signIn;
  return (
    <form
      class="panel sign-in"
      onSubmit={(event) => {
        event.preventDefault();
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
