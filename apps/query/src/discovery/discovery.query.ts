import { type Queryable } from '@chip/persistence';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Problem } from '../http/problem.error.ts';
import { Snapshots, TelemetrySnapshots } from '../sql/snapshots.ts';
import { type Page, type RangedPage, equipmentPage, namesPage, rangedNamesPage } from './discovery-answer.ts';
import {
  type SeenName,
  type SeenRange,
  equipmentSeen,
  metricsSeen,
  namesOfAttempts,
  productsSeen,
  seenRange,
} from './names.sql.ts';

const VERSION = 'n1|';

/** Lists names for the selection lists of a dashboard. */
@Injectable()
export class DiscoveryQuery {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly telemetry: TelemetrySnapshots,
  ) {}

  equipment(given: Page): Promise<z.output<typeof equipmentPage>> {
    return this.#names(given, equipmentSeen);
  }

  products(given: Page): Promise<z.output<typeof namesPage>> {
    return this.#names(given, productsSeen);
  }

  steps(given: RangedPage): Promise<z.output<typeof rangedNamesPage>> {
    return this.#ofAttempts('step', given);
  }

  recipes(given: RangedPage): Promise<z.output<typeof rangedNamesPage>> {
    return this.#ofAttempts('recipe', given);
  }

  metrics(given: Page): Promise<z.output<typeof namesPage>> {
    return this.#names(given, metricsSeen, this.telemetry);
  }

  async #names<Item extends SeenName>(
    { limit, cursor }: Page,
    read: (snapshot: Queryable, after: string, limit: number) => Promise<Item[]>,
    snapshots: Snapshots = this.snapshots,
  ): Promise<{ items: Item[]; next_cursor: string | null }> {
    const after = decodeName(cursor);
    return toPage(await snapshots.read((snapshot) => read(snapshot, after, limit + 1)), limit);
  }
  async #ofAttempts(
    column: 'step' | 'recipe',
    { limit, cursor, ...given }: RangedPage,
  ): Promise<{ covered: SeenRange | null; items: SeenName[]; next_cursor: string | null }> {
    const after = decodeName(cursor);
    return this.snapshots.read(async (snapshot) => {
      const covered = await seenRange(snapshot, given);
      const items = covered ? await namesOfAttempts(snapshot, column, covered, after, limit + 1) : [];
      return { covered, ...toPage(items, limit) };
    });
  }
}

const encodeName = (name: string): string => Buffer.from(`${VERSION}${name}`).toString('base64url');

/** Name after which a page begins. @throws Problem 400 invalid_cursor unless `encodeName` wrote the text */
function decodeName(cursor: string | undefined): string {
  if (cursor === undefined) {
    return '';
  }
  const text = Buffer.from(cursor, 'base64url').toString();
  const name = text.slice(VERSION.length);
  if (!text.startsWith(VERSION) || encodeName(name) !== cursor || name.includes('\0')) {
    throw new Problem(400, 'invalid_cursor', 'cursor does not come from this service', [
      { parameter: 'cursor', message: 'expected next_cursor of an earlier answer' },
    ]);
  }
  return name;
}

/** Makes a page from up to `limit + 1` items; the extra one shows that there is a next page. */
function toPage<Item extends SeenName>(
  items: readonly Item[],
  limit: number,
): { items: Item[]; next_cursor: string | null } {
  const last = items.length > limit ? items[limit - 1] : undefined;
  return { items: items.slice(0, limit), next_cursor: last ? encodeName(last.name) : null };
}
