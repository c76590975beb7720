/** Answers that stay current while they are on screen. */
import { effect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { CANCELLED, type Problem, problemOf, type Question } from './ask.ts';
import { isVisible, moved, streamIsOpening } from './events.ts';
import { key, refusal } from './session.ts';

export interface Answer<T> {
  /** Address of the question; undefined while it is not known yet. */
  readonly url: string | undefined;
  /** JSON that goes with the question, where it is a POST. */
  readonly body?: string | undefined;
  /** The newest answer, also while a newer one is on its way or could not be had. */
  readonly data: T | undefined;
  /** It is of an earlier visit, and stands in until the first answer of this one. */
  readonly isKept: boolean;
  /** Why the last attempt failed. With `data`: what is shown may be outdated. */
  readonly problem: Problem | undefined;
  /** Asks now. */
  readonly reload: () => void;
  /** Gives up the question; it is asked again on demand. */
  readonly cancel: () => void;
}

/** Answers kept for a way back, the latest last. */
const KEPT = 60;
const kept = new Map<string, unknown>();

function keep(url: string, data: unknown): void {
  kept.delete(url);
  kept.set(url, data);
  if (kept.size > KEPT) {
    kept.delete(kept.keys().next().value as string);
  }
}

/** The next person to sign in must not see what the last caller could. */
effect(() => {
  void key.value;
  void refusal.value;
  kept.clear();
});

/** An answer that took long is asked for again that many times later: a page never keeps the database busy. */
const REST_FACTOR = 20;
const RETRY_S = 3;

/** Nothing has come of the question yet; what an earlier visit left is only in its place. */
export const isWaiting = ({ data, isKept, problem }: Answer<unknown>): boolean =>
  (data === undefined || isKept) && problem === undefined;

/** What has become of the question of that name. */
interface State<T> extends Pick<Answer<T>, 'data' | 'isKept' | 'problem'> {
  readonly name: string;
}
const NO_STATE = { name: '', data: undefined, isKept: false, problem: undefined };

const nameOf = (question: Question<unknown> | undefined): string =>
  question === undefined ? '' : `${question.url} ${question.body ?? ''}`;

/**
 * @param question undefined asks nothing
 * @param everyS least time between two requests while events arrive
 * @param restFactor how many times longer than its answer took a question rests
 */
export function useAnswer<T>(question: Question<T> | undefined, everyS = 1.5, restFactor = REST_FACTOR): Answer<T> {
  const name = nameOf(question);
  const [state, setState] = useState<State<T>>(NO_STATE);
  const [attempt, setAttempt] = useState(0);
  const giveUp = useRef<() => void>(undefined);

  useEffect(() => {
    if (question === undefined) {
      setState(NO_STATE);
      return undefined;
    }
    const asked = nameOf(question);
    const stop = new AbortController();
    let isAsking = false;
    let isOutdated = false;
    let notBefore = 0;
    let timer: number | undefined;
    setState({ name: asked, data: kept.get(asked) as T | undefined, isKept: kept.has(asked), problem: undefined });

    const later = (ms: number): void => {
      clearTimeout(timer);
      timer = window.setTimeout(() => void load(), ms);
    };
    const refresh = (): void => {
      isOutdated = true;
      if (!isAsking && isVisible.peek()) {
        later(Math.max(0, notBefore - performance.now()));
      }
    };
    const load = async (): Promise<void> => {
      isAsking = true;
      await streamIsOpening();
      if (stop.signal.aborted) {
        return;
      }
      isOutdated = false;
      let retryMs: number | undefined;
      const began = performance.now();
      try {
        const data = await question.ask(stop.signal);
        if (stop.signal.aborted) {
          return;
        }
        keep(asked, data);
        setState({ name: asked, data, isKept: false, problem: undefined });
      } catch (error) {
        if (stop.signal.aborted) {
          return;
        }
        const problem = problemOf(error);
        // The caller may no longer see what is shown.
        const isHidden = problem.status === 403;
        if (isHidden) {
          kept.delete(asked);
        }
        setState(({ data, isKept }) => ({ name: asked, data: isHidden ? undefined : data, isKept, problem }));
        if (problem.status === 0 || problem.status === 429 || problem.status === 503) {
          isOutdated = true;
          // What was too much for the database rests like an answer that took as long.
          retryMs = problem.code === 'query_timeout' ? undefined : 1000 * (problem.retryAfterS ?? RETRY_S);
        }
      }
      isAsking = false;
      const now = performance.now();
      notBefore = now + (retryMs ?? Math.max(1000 * everyS, restFactor * (now - began)));
      if (isOutdated) {
        refresh();
      }
    };

    giveUp.current = () => {
      stop.abort();
      clearTimeout(timer);
      setState(({ data, isKept }) => ({ name: asked, data, isKept, problem: CANCELLED }));
    };
    void load();
    let isFirst = true;
    const leave = effect(() => {
      void moved.value;
      void isVisible.value;
      if (!isFirst && !stop.signal.aborted) {
        refresh();
      }
      isFirst = false;
    });
    return () => {
      leave();
      clearTimeout(timer);
      stop.abort();
    };
  }, [name, everyS, restFactor, attempt, key.value]);

  // Until the effect has run, the state is still that of the previous question.
  const { data, isKept, problem } = state.name === name ? state : NO_STATE;
  return {
    url: question?.url,
    body: question?.body,
    data,
    isKept,
    problem,
    reload: () => setAttempt((count) => count + 1),
    cancel: () => giveUp.current?.(),
  };
}
