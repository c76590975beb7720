import { type JSX } from 'preact';
import { useState } from 'preact/hooks';
import { problemOf } from '../api/ask.ts';
import { texts } from '../texts/texts.ts';

/** Copies without the clipboard of secure pages: a page served by plain HTTP from another machine has none. */
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.setAttribute('readonly', '');
  document.body.append(area);
  area.select();
  try {
    // Deprecated, and still the only way here.
    return document.execCommand('copy');
  } finally {
    area.remove();
  }
}

/** @param text what to copy, or where to get it */
export function Copy({ label, text }: { label: string; text: string | (() => Promise<string>) }): JSX.Element {
  const [isCopied, setCopied] = useState(false);
  const [failure, setFailure] = useState<string>();
  const t = texts().explain;
  const copy = async (): Promise<void> => {
    setFailure(undefined);
    let copied: string;
    try {
      copied = typeof text === 'string' ? text : await text();
    } catch (error) {
      setCopied(false);
      setFailure(problemOf(error).detail);
      return;
    }
    const isInClipboard = await navigator.clipboard?.writeText(copied).then(
      () => true,
      () => false,
    );
    const isThere = isInClipboard || copyBySelection(copied);
    setCopied(isThere);
    setFailure(isThere ? undefined : '');
  };
  return (
    <>
      <button type="button" class="small" onClick={() => void copy()}>
        {isCopied ? t.copied : label}
      </button>
      {failure !== undefined && (
        <span class="bad" role="alert">
          {t.notCopied}
          {failure !== '' && (
            <>
              : <span lang="en">{failure}</span>
            </>
          )}
        </span>
      )}
    </>
  );
}
