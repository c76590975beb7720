/** What stands in place of data: each state says what is the case and what can be done. */
import { type ComponentChildren, type JSX } from 'preact';
import { type Problem } from '../api/ask.ts';
import { texts } from '../texts/texts.ts';

export function Loading(): JSX.Element {
  return (
    <div class="state loading" role="status">
      <span class="bar" />
      {texts().states.loading}
    </div>
  );
}

export function Empty({ children }: { children?: ComponentChildren }): JSX.Element {
  return <p class="state empty">{children ?? texts().states.empty}</p>;
}

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
  const title = problem.status === 404 ? t.missing : problem.status === 0 ? t.unreachable : t.failed;
  return (
    <div class="state failed" role="alert">
      <strong>{title}</strong>
      <p>
        <span lang="en">{problem.detail}</span> <code>{problem.code}</code>
      </p>
      {problem.status !== 404 && (
        <button type="button" onClick={retry}>
          {t.retry}
        </button>
      )}
    </div>
  );
}
