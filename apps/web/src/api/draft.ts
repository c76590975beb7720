/** What a person has typed, over the time in which the page asks who it is. */
import { type StateUpdater, useEffect, useRef, useState, type Dispatch } from 'preact/hooks';
import { hasLeft, refusal } from './session.ts';

/** The view that a form is in: a draft does not come up anywhere else. */
const storedAs = (name: string): string => `chip.draft ${location.pathname}${location.search} ${name}`;

/**
 * State of a form that is back after a key or a session has ended in the middle, also from the issuer's page. It is kept by
 * this tab only, and not after a person has signed out.
 */
export function useDraft<T>(name: string, initial: T | (() => T)): [T, Dispatch<StateUpdater<T>>] {
  const [value, setValue] = useState<T>(() => {
    const kept = taken(storedAs(name));
    return kept === undefined ? (initial instanceof Function ? initial() : initial) : (kept.value as T);
  });
  const latest = useRef(value);
  latest.current = value;
  const isTyped = useRef(false);
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
