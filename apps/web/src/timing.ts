/**
 * States in the browser's timeline how long a piece of work took. Keeps the last of each name only: a page is open all day.
 *
 * @param began `performance.now()` at its beginning
 */
export function timed(name: 'map' | 'hover' | 'gallery' | 'chart', began: number): void {
  performance.clearMeasures(name);
  performance.measure(name, { start: began, end: performance.now() });
}
