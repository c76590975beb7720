/** What stands in place of data: each state says what is the case and what can be done. */
import { type ComponentChildren, type FunctionComponent, type JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { CANCELLED, type Problem } from '../api/ask.ts';
import { texts } from '../texts/texts.ts';
import { Title } from './title.tsx';

/** Work that takes longer than this says for how long, and can be cancelled. */
const LONG_S = 2;

/** @param cancel absent where nothing is asked of the service */
export function Loading({ cancel }: { cancel?: () => void }): JSX.Element {
  const t = texts().states;
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const began = performance.now();
    const timer = setInterval(() => setSeconds(Math.floor((performance.now() - began) / 1000)), 500);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class="state loading">
      <span class="bar" />
      <span role="status">{t.loading}</span>
      {cancel && seconds >= LONG_S && (
        <>
          {' '}
          <span class="quiet">{t.since(seconds)}</span>{' '}
          <button type="button" class="small" onClick={cancel}>
            {t.cancel}
          </button>
        </>
      )}
    </div>
  );
}

export function Empty({ children }: { children?: ComponentChildren }): JSX.Element {
  return <p class="state empty">{children ?? texts().states.empty}</p>;
}

/** Beside data that the last attempt could not renew. */
export function Outdated({ problem }: { problem: Problem | undefined }): JSX.Element | null {
  return problem ? (
    <span class="mark bad" role="status" title={problem.detail}>
      {texts().states.outdated}
    </span>
  ) : null;
}

/** Asking again gives the same answer: the question is wrong, or its subject does not exist. */
const IS_FINAL: readonly number[] = [400, 404];

export function Refused({ problem, retry }: { problem: Problem; retry: () => void }): JSX.Element {
  const t = texts().states;
  if (problem.status === 403) {
    return (
      <div class="state forbidden">
        <strong>{t.forbidden}</strong>
        <p lang="en">{problem.detail}</p>
      </div>
    );
  }
  const isCancelled = problem.code === CANCELLED.code;
  const title = isCancelled
    ? t.cancelled
    : problem.status === 404
      ? t.missing
      : problem.status === 0
        ? t.unreachable
        : t.failed;
  return (
    <div class="state failed" role="alert">
      <strong>{title}</strong>
      {!isCancelled && (
        <p>
          <span lang="en">{problem.detail}</span> <code>{problem.code}</code>
        </p>
      )}
      {!IS_FINAL.includes(problem.status) && (
        <button type="button" onClick={retry}>
          {t.retry}
        </button>
      )}
    </div>
  );
}

/** Shown instead of a view whose code could not be loaded. Only a reload learns the new names of files. */
export const notLoaded =
  (error: unknown): FunctionComponent =>
  () => {
    const { message } = error as Error;
    return (
      <div class="panel">
        <Title>{texts().states.failed}</Title>
        <Refused
          problem={{ status: 503, code: 'unreachable', detail: message, retryAfterS: undefined }}
          retry={() => location.reload()}
        />
      </div>
    );
  };
