/** As many series as colours that stay apart. */
export const MOST_SOURCES = 6;

/** The sources that an address names, and back. Each name is encoded, because it may contain the comma. */
export const sourcesOf = (text: string | undefined): string[] | undefined => {
  const names = text?.split(',').filter(Boolean);
  return names?.slice(0, MOST_SOURCES).map((name) => {
    try {
      return decodeURIComponent(name);
    } catch {
      return name;
    }
  });
};

export const textOf = (sources: readonly string[]): string => sources.map(encodeURIComponent).join(',');
