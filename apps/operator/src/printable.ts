/** Escapes control and formatting characters: what others wrote must not act as a command to the terminal. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, (char) =>
    char === '\n' ? char : `\\u{${char.codePointAt(0)!.toString(16)}}`,
  );

/** The same for a part of a line: line breaks become spaces. */
export const oneLine = (text: string): string => printable(text.replace(/\s+/g, ' '));
