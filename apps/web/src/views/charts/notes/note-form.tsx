import { type JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useDraft } from '../../../api/draft.ts';
import '../../../filters/filters.css';
import { texts } from '../../../texts/texts.ts';

/** Takes a note back. */
export function Withdrawal({ submit }: { submit: (reason: string) => Promise<void> }): JSX.Element {
  const [reason, setReason] = useDraft('withdrawal', '');
  const [isSent, setSent] = useState(false);
  const t = texts().charts;
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        setSent(true);
        void submit(reason).then(() => setSent(false));
      }}
    >
      <label class="select">
        <span>{t.whyWithdraw}</span>
        <input
          required
          maxLength={1000}
          value={reason}
          onInput={({ currentTarget }) => setReason(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={isSent}>
        {t.withdraw}
      </button>
    </form>
  );
}

interface NoteFormProps {
  /** The selected sample; selecting another one changes the time of the note. */
  readonly sample: string | undefined;
  /** When the note begins unless something else is typed. */
  readonly at: string | undefined;
  readonly submit: (beginsAt: string, note: string, isGeneral: boolean) => Promise<boolean>;
}

/** A new note. */
export function NoteForm({ sample, at, submit }: NoteFormProps): JSX.Element {
  const t = texts().charts;
  const beginning = (): string => new Date(at ?? Date.now()).toISOString();
  const [begins, setBegins] = useDraft('begins', beginning);
  const shown = useRef(sample);
  useEffect(() => {
    if (shown.current !== sample) {
      shown.current = sample;
      setBegins(beginning());
    }
  }, [sample]);
  const [note, setNote] = useDraft('note', '');
  const [isGeneral, setGeneral] = useDraft('general', false);
  const [isStoring, setStoring] = useState(false);
  return (
    <form
      class="filters"
      aria-label={t.addNote}
      onSubmit={(event) => {
        event.preventDefault();
        setStoring(true);
        void submit(begins, note, isGeneral).then((isStored) => {
          setStoring(false);
          if (isStored) {
            setNote('');
          }
        });
      }}
    >
      <label class="select">
        <span>{t.noteAt}</span>
        <input required value={begins} onInput={({ currentTarget }) => setBegins(currentTarget.value)} />
      </label>
      <label class="select">
        <span>{t.note}</span>
        <input required maxLength={1000} value={note} onInput={({ currentTarget }) => setNote(currentTarget.value)} />
      </label>
      <label>
        <input
          type="checkbox"
          checked={isGeneral}
          onChange={({ currentTarget }) => setGeneral(currentTarget.checked)}
        />{' '}
        {t.general}
      </label>
      <button type="submit" disabled={isStoring}>
        {t.addNote}
      </button>
    </form>
  );
}
