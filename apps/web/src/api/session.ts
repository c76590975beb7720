/** The key of this browser tab. It is in sessionStorage only, so it ends with the tab and no other site can read it. */
import { signal } from '@preact/signals';

const STORED_AS = 'chip.key';

const stored = (): string | undefined => {
  try {
    return sessionStorage.getItem(STORED_AS) ?? undefined;
  } catch {
    return undefined;
  }
};

/** The API key or token that requests carry; undefined without one. */
export const key = signal<string | undefined>(stored());

/** Why the page has to ask for a key: absent while none is needed. */
export const refusal = signal<string | undefined>(undefined);

export function signIn(given: string): void {
  key.value = given.trim() || undefined;
  refusal.value = undefined;
  keep();
}

export function signOut(): void {
  key.value = undefined;
  keep();
}

function keep(): void {
  try {
    if (key.value === undefined) {
      sessionStorage.removeItem(STORED_AS);
    } else {
      sessionStorage.setItem(STORED_AS, key.value);
    }
  } catch {
    // Without storage the key lasts until the page is loaded again.
  }
}

export const authorization = (): Record<string, string> =>
  key.value === undefined ? {} : { authorization: `Bearer ${key.value}` };
