import { type JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type DeadLetterDryRun } from '@chip/client';
import { posted, type Problem, problemOf, store } from '../../api/ask.ts';
import { useDraft } from '../../api/draft.ts';
import { moved } from '../../api/events.ts';
import '../../filters/filters.css';
import { whole } from '../../format/numbers.ts';
import { useAddress } from '../../shared/location.ts';
import { texts } from '../../texts/texts.ts';
import { type Cause, placeOf } from './cause.ts';
import { DryRun } from './dry-run.tsx';
import { patchOf } from './patch.ts';

interface Tried {
  /** The patch as typed, and the machine: another one must be tried again. */
  readonly name: string;
  readonly answer: DeadLetterDryRun;
}

/** A patch for all open letters of a cause: tried first, then replayed. */
export function Fix({ cause, machines }: { cause: Cause; machines: readonly string[] }): JSX.Element {
  const { query, change } = useAddress();
  const { topic, code, stage, field } = cause;
  const { machine } = query;
  const [text, setText] = useDraft('patch', '');
  const [reason, setReason] = useDraft('reason', '');
  const [tried, setTried] = useState<Tried>();
  const [problem, setProblem] = useState<Problem>();
  const [work, setWork] = useState<'trying' | 'starting'>();
  const editor = useRef<HTMLTextAreaElement>(null);
  // A person who chooses a cause wants to write the patch.
  useEffect(() => editor.current?.focus(), []);
  const t = texts().letters;
  const patch = patchOf(text);
  const name = JSON.stringify([text, machine]);
  const answer = tried?.name === name ? tried.answer : undefined;
  const selection = {
    topic: topic as never,
    code,
    stage,
    field,
    again: false,
    ...(machine === undefined ? {} : { machine }),
    ...(patch ? { patch } : {}),
  };
  const attempt = async (of: 'trying' | 'starting', what: () => Promise<void>): Promise<void> => {
    setWork(of);
    setProblem(undefined);
    try {
      await what();
    } catch (error) {
      setProblem(problemOf(error));
    }
    setWork(undefined);
  };
  const dryRun = (): Promise<void> =>
    attempt('trying', async () => {
      const found = await posted('/v1/dead-letters/dry-run', selection).ask(AbortSignal.timeout(60_000));
      setTried({ name, answer: found });
    });
  const replay = (): Promise<void> =>
    attempt('starting', async () => {
      await store('/v1/dead-letters/replays', { ...selection, reason });
      setTried(undefined);
      // The list of replays asks again.
      moved.value = moved.peek() + 1;
    });
  const isSendable = answer !== undefined && answer.accepted + answer.refused > 0 && reason.trim() !== '';
  return (
    <form
      class="panel fix"
      aria-labelledby="fix"
      onSubmit={(event) => {
        event.preventDefault();
        void dryRun();
      }}
    >
      <header>
        <h2 id="fix">{t.fix}</h2>
        <code>
          {code} {placeOf(field)}
        </code>
      </header>
      <label class="wide">
        <span>{t.patch}</span>
        <textarea
          ref={editor}
          rows={4}
          spellcheck={false}
          placeholder={t.patchExample}
          aria-describedby="patch-hint"
          aria-invalid={patch === null}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <p class="hint" id="patch-hint">
        {t.patchHint}
      </p>
      {patch === null && (
        <p class="bad" role="alert">
          {t.notAnObject}
        </p>
      )}
      <div class="filters">
        <label class="select">
          <span>{t.reason}</span>
          <input
            aria-required
            maxLength={1000}
            value={reason}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        </label>
        {machines.length > 1 && (
          <label class="select">
            <span>{t.machine}</span>
            <select
              value={machine === undefined ? '*' : `=${machine}`}
              onChange={({ currentTarget: { value } }) =>
                change({ machine: value === '*' ? undefined : value.slice(1), letter: undefined })
              }
            >
              <option value="*">{t.everyMachine}</option>
              {machines.map((one) => (
                <option key={one} value={`=${one}`}>
                  {one === '' ? t.unnamed : one}
                </option>
              ))}
            </select>
          </label>
        )}
        <button type="submit" class={answer ? '' : 'primary'} disabled={patch === null || work !== undefined}>
          {work === 'trying' ? t.trying : t.dryRun}
        </button>
        <button
          type="button"
          class={answer ? 'primary' : ''}
          disabled={!isSendable || work !== undefined}
          title={answer ? undefined : t.tryFirst}
          onClick={() => void replay()}
        >
          {work === 'starting' ? t.starting : answer ? t.replay(whole(answer.letters)) : t.replayFirst}
        </button>
      </div>
      {problem && (
        <p class="bad" role="alert" lang="en">
          {problem.status === 403 ? texts().states.forbidden : texts().states.failed}: {problem.detail}
        </p>
      )}
      {answer && <DryRun answer={answer} />}
    </form>
  );
}
