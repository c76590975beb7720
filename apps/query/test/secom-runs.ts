import { readFileSync } from 'node:fs';

/** A wafer of a real line. */
interface SecomRun {
  /** Of its completion; several wafers share some minutes. */
  readonly time: string;
  readonly isFailing: boolean;
  readonly s000: number;
}

/** The 1,567 wafers of SECOM by time; see the head of the file. */
export const SECOM_RUNS: readonly SecomRun[] = readFileSync(new URL('fixtures/secom-runs.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^\d/.test(line))
  .flatMap((line) => {
    const [day, ...wafers] = line.split(' ');
    return wafers.map((wafer) => {
      const [, time, mark, s000] = /^(\d\d:\d\d)(\+?)=(.+)$/.exec(wafer)!;
      return { time: `${day}T${time}:00.000000Z`, isFailing: mark === '+', s000: Number(s000) };
    });
  });
