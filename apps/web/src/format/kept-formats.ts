/**
 * Formats of one kind, each made once: to make one takes the browser ten times as long as to use it, and a table has many
 * numbers and times.
 */
export function keptFormats<Format, Options>(
  make: (language: string, options: Options) => Format,
): (language: string, options: Options) => Format {
  const formats = new Map<string, Format>();
  return (language, options) => {
    const name = language + JSON.stringify(options);
    let format = formats.get(name);
    if (!format) {
      format = make(language, options);
      formats.set(name, format);
    }
    return format;
  };
}
