import { parseTime, TELEMETRY } from '@chip/contracts';
import { type AsOf, Database, type Queryable } from '@chip/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { OWN_TELEMETRY, type Pools } from './pools.ts';
import { Snapshots, TelemetrySnapshots } from './snapshots.ts';

/** A database that writers load. */
interface StreamDatabase {
  readonly snapshots: Snapshots;
  /** For work without a request. */
  readonly database: Database;
  /** Whether its positions of a topic are the ones in force: a database that was split keeps those of both. */
  readonly owns: (row: { readonly topic: string }) => boolean;
}

/** Every database that writers load: one, or one for telemetry and one for the rest. */
@Injectable()
export class StreamDatabases {
  readonly all: readonly StreamDatabase[];

  constructor(
    snapshots: Snapshots,
    telemetrySnapshots: TelemetrySnapshots,
    database: Database,
    @Inject(OWN_TELEMETRY) telemetry: Pools | null,
  ) {
    const isTelemetry = ({ topic }: { readonly topic: string }): boolean => topic === TELEMETRY.source;
    this.all = telemetry
      ? [
          { snapshots, database, owns: (row) => !isTelemetry(row) },
          { snapshots: telemetrySnapshots, database: telemetry.of('light'), owns: isTelemetry },
        ]
      : [{ snapshots, database, owns: () => true }];
  }

  /** The database whose positions of the topic are in force. */
  of(topic: string): StreamDatabase {
    return this.all.find(({ owns }) => owns({ topic })) as StreamDatabase;
  }

  /**
   * Asks every database in a snapshot of its own.
   * @returns the answers, and the positions that they include
   * @throws Problem 503 when one of them does not answer: half an answer would look whole
   */
  async answers<T>(
    question: (snapshot: Queryable, owns: StreamDatabase['owns']) => Promise<T>,
  ): Promise<{ as_of: AsOf; answers: T[] }> {
    const parts = await Promise.all(
      this.all.map(async ({ snapshots, owns }) => {
        const { as_of, answer } = await snapshots.answer(async (snapshot) => ({
          answer: await question(snapshot, owns),
        }));
        return { time: as_of.time, positions: as_of.positions.filter(owns), answer };
      }),
    );
    const times = parts.flatMap(({ time }) => time ?? []);
    return {
      as_of: {
        // Compared as instants: texts omit trailing zeros.
        time: times.sort((a, b) => parseTime(a) - parseTime(b)).at(-1) ?? null,
        positions: parts.flatMap(({ positions }) => positions),
      },
      answers: parts.map(({ answer }) => answer),
    };
  }
}
