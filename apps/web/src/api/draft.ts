/** Keeps what a person has typed while the page asks for a new sign-in. */
import { type StateUpdater, useEffect, useRef, useState, type Dispatch } from 'preact/hooks';
import { DRAFTS, hasLeft, refusal } from './session.ts';

/** Names the view of the form: a draft is restored only there. */
const storedAs = (name: string): string => `${DRAFTS}${location.pathname}${location.search} ${name}`;

/**
 * State of a form that survives the end of a key or session, including the detour over the issuer's page. Only this tab
 * keeps it, and not after the person has signed out.
 */
export function useDraft<T>(name: string, initial: T | (() => T)): [T, Dispatch<StateUpdater<T>>] {
  const isTyped = useRef(false);
  const [value, setValue] = useState<T>(() => {
    const kept = taken(storedAs(name));
    // What came back is still unsent: a wrong key, or the end of the next one, must not lose it.
    isTyped.current = kept !== undefined;
    return kept === undefined ? (initial instanceof Function ? initial() : initial) : (kept.value as T);
  });
  const latest = useRef(value);
  latest.current = value;
  useEffect(
    () => () => {
      if (isTyped.current && refusal.peek() !== undefined && !hasLeft()) {
        keep(storedAs(name), latest.current);
      }
    },
    [],
  );
  return [
    value,
    (next) => {
      isTyped.current = true;
      setValue(next);
    },
  ];
}

function keep(key: string, value: unknown): void {
  try {
    sessionStorage.setItem(key, JSON.stringify({ value }));
  } catch {
    // Without storage a draft is lost.
  }
}

function taken(key: string): { readonly value: unknown } | undefined {
  try {
    const text = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    return text === null ? undefined : (JSON.parse(text) as { value: unknown });
  } catch {
    return undefined;
  }
}
