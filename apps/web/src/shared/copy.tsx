import { type JSX } from 'preact';
import { useState } from 'preact/hooks';
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
  const copy = async (): Promise<void> => {
    let copied: string;
    try {
      copied = typeof text === 'string' ? text : await text();
    } catch {
      setCopied(false);
      return;
    }
    try {
      await navigator.clipboard.writeText(copied);
      setCopied(true);
    } catch {
      setCopied(copyBySelection(copied));
    }
  };
  return (
    <button type="button" class="small" onClick={() => void copy()}>
      {isCopied ? texts().explain.copied : label}
    </button>
  );
}
