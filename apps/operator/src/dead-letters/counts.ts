import { type Letter, originOf } from '@chip/letters';

/**
 * How often each of many texts occurs, with bounded memory: an attacker's million different texts cost nothing more.
 */
class Tally {
  readonly #counts = new Map<string, number>();
  readonly #capacity = 1000;

  add(text: string): void {
    const count = this.#counts.get(text);
    if (count !== undefined) {
      this.#counts.set(text, count + 1);
    } else if (this.#counts.size < this.#capacity) {
      this.#counts.set(text, 1);
    }
  }

  top(limit: number): { text: string; letters: number }[] {
    return [...this.#counts]
      .map(([text, letters]) => ({ text, letters }))
      .sort((a, b) => b.letters - a.letters || (a.text < b.text ? -1 : 1))
      .slice(0, limit);
  }
}

/** Letters of one code and stage. */
export interface LetterCount {
  readonly code: string;
  readonly stage: string;
  /** Distinct keys. */
  readonly letters: number;
  /** Further copies of the same letters, written again after a crash. */
  readonly repeats: number;
  readonly first_failed_at: string | null;
  readonly last_failed_at: string | null;
  /** Number of the letters that were published again. Null without a database. */
  readonly replayed: number | null;
  /** Marked for a replay that was never acknowledged. */
  readonly uncertain: number | null;
  /** Number of the letters about an event that had been published again before. */
  readonly failed_again: number;
  /** The most frequent details. */
  readonly details: { text: string; letters: number }[];
  /** The most frequent services or equipment. */
  readonly origins: { text: string; letters: number }[];
}

const SHOWN = 3;

interface Group {
  code: string;
  stage: string;
  letters: number;
  repeats: number;
  first: string | null;
  last: string | null;
  replayed: number;
  uncertain: number;
  failedAgain: number;
  details: Tally;
  origins: Tally;
}

/** Counts letters by code and stage; memory grows with the number of causes, not of letters. */
export class LetterCounts {
  readonly #groups = new Map<string, Group>();

  addRepeat(letter: Letter): void {
    this.#group(letter).repeats++;
  }

  add(letter: Letter, mark?: 'started' | 'acknowledged'): void {
    const group = this.#group(letter);
    group.letters++;
    if (letter.failedAt !== '') {
      if (group.first === null || letter.failedAt < group.first) {
        group.first = letter.failedAt;
      }
      if (group.last === null || letter.failedAt > group.last) {
        group.last = letter.failedAt;
      }
    }
    if (mark === 'acknowledged') {
      group.replayed++;
    }
    if (mark === 'started') {
      group.uncertain++;
    }
    if (letter.replay !== undefined) {
      group.failedAgain++;
    }
    group.details.add(letter.detail);
    const origin = originOf(letter.value);
    if (origin !== undefined) {
      group.origins.add(origin);
    }
  }

  /** Most frequent cause first. */
  result(knowsReplays: boolean): LetterCount[] {
    return [...this.#groups.values()]
      .map((group) => ({
        code: group.code,
        stage: group.stage,
        letters: group.letters,
        repeats: group.repeats,
        first_failed_at: group.first,
        last_failed_at: group.last,
        replayed: knowsReplays ? group.replayed : null,
        uncertain: knowsReplays ? group.uncertain : null,
        failed_again: group.failedAgain,
        details: group.details.top(SHOWN),
        origins: group.origins.top(SHOWN),
      }))
      .sort((a, b) => b.letters - a.letters || (a.code < b.code ? -1 : 1));
  }

  #group({ code, stage }: Letter): Group {
    const key = `${code}\n${stage}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = {
        code,
        stage,
        letters: 0,
        repeats: 0,
        first: null,
        last: null,
        replayed: 0,
        uncertain: 0,
        failedAgain: 0,
        details: new Tally(),
        origins: new Tally(),
      };
      this.#groups.set(key, group);
    }
    return group;
  }
}
