/** Markup that is safe to insert as it is. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | readonly Html[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] as string);

/** Template tag: escapes every value, except markup that this tag made. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const written = parts.map((part) => {
    if (part instanceof Html) {
      return part.text;
    }
    return typeof part === 'object' ? part.map(({ text }) => text).join('') : escape(String(part));
  });
  return new Html(strings.map((text, i) => text + (written[i] ?? '')).join(''));
}
