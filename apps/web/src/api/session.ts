/** The key of this browser tab. It is in sessionStorage only, so it ends with the tab and no other site can read it. */
import { signal } from '@preact/signals';

const STORED_AS = 'chip.key';
/** Prefix of the drafts that this tab keeps (see `useDraft`). */
export const DRAFTS = 'chip.draft ';

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

/** How a person may sign in here, and the session of this browser. */
interface Ways {
  readonly keys: boolean;
  readonly tokens: boolean;
  /** Where to begin at the issuer's page; null where the service has no client there. */
  readonly start: string | null;
  /** Of the session that the issuer's page began; null without one. */
  readonly csrf: string | null;
}
const UNKNOWN: Ways = { keys: true, tokens: true, start: null, csrf: null };

/** What the service said last. */
export const ways = signal<Ways>(UNKNOWN);

/** Asks the service for the ways to sign in. Without an answer there is the key alone. */
export async function askWays(): Promise<Ways> {
  try {
    const response = await fetch('/sign-in/ways', { cache: 'no-store' });
    ways.value = response.ok ? ((await response.json()) as Ways) : UNKNOWN;
  } catch {
    ways.value = UNKNOWN;
  }
  return ways.value;
}

/** What proves that a write comes from this page: needed by a session, not by a key. */
export async function proof(): Promise<Record<string, string>> {
  const { csrf } = key.value === undefined ? await askWays() : UNKNOWN;
  return csrf === null ? {} : { 'x-csrf-token': csrf };
}

/** Ends the session of this browser, and leads to the issuer's page for the end of its own. */
export async function endSession(): Promise<void> {
  forgetDrafts();
  const response = await fetch('/sign-in/end', { method: 'POST', headers: await proof() });
  const { issuer } = response.ok ? ((await response.json()) as { issuer: string | null }) : { issuer: null };
  location.assign(issuer ?? '/');
}

let isLeft = false;

/** Whether the person has signed out: the next one may be someone else. */
export const hasLeft = (): boolean => isLeft;

export function leave(): void {
  isLeft = true;
  forgetDrafts();
  signOut();
}

function forgetDrafts(): void {
  try {
    for (const name of Object.keys(sessionStorage).filter((one) => one.startsWith(DRAFTS))) {
      sessionStorage.removeItem(name);
    }
  } catch {
    // Without storage there are none.
  }
}

export function signIn(given: string): void {
  isLeft = false;
  key.value = given.trim() || undefined;
  refusal.value = undefined;
  keep();
}

/** Forgets a key that the service refuses. */
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
