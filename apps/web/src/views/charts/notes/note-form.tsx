import { type JSX } from 'preact';
import { useState } from 'preact/hooks';
import '../../../filters/filters.css';
import { texts } from '../../../texts/texts.ts';

/** Takes a note back. */
export function Withdrawal({ submit }: { submit: (reason: string) => Promise<void> }): JSX.Element {
  const [reason, setReason] = useState('');
  const t = texts().charts;
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(reason);
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
      <button type="submit">{t.withdraw}</button>
    </form>
  );
}

interface NoteFormProps {
  /** When the note begins unless something else is typed. */
  readonly at: string | undefined;
  readonly submit: (beginsAt: string, note: string, isGeneral: boolean) => Promise<boolean>;
}

/** A new note. */
export function NoteForm({ at, submit }: NoteFormProps): JSX.Element {
  const t = texts().charts;
  const [begins, setBegins] = useState(new Date(at ?? Date.now()).toISOString());
  const [note, setNote] = useState('');
  const [isGeneral, setGeneral] = useState(false);
  return (
    <form
      class="filters"
      aria-label={t.addNote}
      onSubmit={(event) => {
        event.preventDefault();
        void submit(begins, note, isGeneral).then((isStored) => {
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
      <button type="submit">{t.addNote}</button>
    </form>
  );
}
