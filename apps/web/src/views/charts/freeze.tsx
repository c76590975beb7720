import { type JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { type Problem, problemOf, store } from '../../api/ask.ts';
import { useDraft } from '../../api/draft.ts';
import { endOfBaseline } from '../../chart/window.ts';
import '../../filters/filters.css';
import { Time } from '../../format/time.tsx';
import { useAddress } from '../../shared/location.ts';
import { texts } from '../../texts/texts.ts';
import { type Samples } from './control-panel.tsx';
import { type ChartChoice, limitsRequest } from './request.ts';
import { SampleName } from './sample.tsx';

/**
 * Stores the limits of the shown samples, so that later samples are judged by them. The baseline ends with the last sample, or
 * with the selected one; every sample that it leaves out needs a reason of its own.
 */
export function Freeze({ choice, samples }: { choice: ChartChoice; samples: Samples }): JSX.Element | null {
  const { query, change } = useAddress();
  const [reason, setReason] = useDraft('reason', '');
  const [reasons, setReasons] = useDraft<Readonly<Record<number, string>>>('reasons', {});
  const [problem, setProblem] = useState<Problem>();
  const [isStoring, setStoring] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const t = texts();
  const [endsEarlier, setEndsEarlier] = useDraft('ends-earlier', false);
  const selected = /^\d+$/.test(query['sample'] ?? '') ? Number(query['sample']) : samples.length;
  const end = endsEarlier && selected < samples.length ? selected : samples.length - 1;
  const [first, last] = [samples[0], samples[end]];
  if (!first || !last) {
    return null;
  }
  const to = new Date(endOfBaseline(samples, end)).toISOString();
  const left = choice.exclude.filter((index) => index <= end);
  const submit = async (): Promise<void> => {
    setStoring(true);
    setProblem(undefined);
    try {
      const baseline = {
        // Samples are counted from the beginning of what is shown.
        from: choice.from ?? first.first_at,
        to,
      };
      const exclude = left.map((index) => ({ index, reason: reasons[index] ?? '' }));
      await store('/v1/control-limits', {
        ...limitsRequest(choice),
        baseline,
        reason,
        ...(exclude.length === 0 ? {} : { exclude }),
      });
      // Leaves alone a person who has opened another view, or other samples.
      if (form.current) {
        change({ limits: 'current', exclude: undefined, sample: undefined, from: undefined });
      }
    } catch (error) {
      setProblem(problemOf(error));
      setStoring(false);
    }
  };
  return (
    <form
      ref={form}
      class="panel"
      aria-labelledby="freeze"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <header>
        <h2 id="freeze">{t.charts.freeze}</h2>
      </header>
      <p class="hint">{t.charts.freezeHint}</p>
      <p>
        {t.charts.baseline} <Time at={first.first_at} /> – <Time at={to} />, n = {end + 1 - left.length}
      </p>
      {selected < samples.length && (
        <p>
          <label>
            <input
              type="checkbox"
              checked={endsEarlier}
              onChange={({ currentTarget }) => setEndsEarlier(currentTarget.checked)}
            />{' '}
            {t.charts.untilSelected}
          </label>
        </p>
      )}
      <div class="filters">
        {left.map((index) => (
          <label key={index} class="select">
            <span>
              {t.charts.whyExclude} <SampleName sample={samples[index]} index={index} />
            </span>
            <input
              required
              maxLength={200}
              value={reasons[index] ?? ''}
              onInput={({ currentTarget }) => setReasons({ ...reasons, [index]: currentTarget.value })}
            />
          </label>
        ))}
        <label class="select">
          <span>{t.charts.whyFreeze}</span>
          <input
            required
            maxLength={200}
            value={reason}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary" disabled={isStoring}>
          {isStoring ? t.reports.storing : t.charts.freeze}
        </button>
      </div>
      {problem && (
        <p class="bad" role="alert" lang="en">
          {problem.status === 403 ? t.states.forbidden : t.states.failed}: {problem.detail}
        </p>
      )}
    </form>
  );
}
