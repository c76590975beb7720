/** Measurements that need a query service and a history, one after the other on the same service. */
import { availableParallelism } from 'node:os';
import type { AskedOfAnswers } from '../options.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import type { CaseDatabase } from '../system/case-database.ts';
import { measureAims, type AimsResult } from './aims.ts';
import { measureClients, recordStatements, type ClientsResult, type Statements } from './clients.ts';
import { measureRoutes, planQuestions, type PlannedQuestion, type RoutesResult } from './routes.ts';
import { StatementRecorder } from './statement-recorder.ts';

interface Common {
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
}

export type Answers =
  | { readonly clients: ClientsResult }
  | { readonly routes: RoutesResult }
  | { readonly aims: AimsResult };

/** What an earlier service was seen to ask the database. */
interface Seen {
  readonly statements: Statements;
  readonly planned: readonly PlannedQuestion[];
}

/** @param database holds a history */
export async function measureAnswers(
  system: BenchSystem,
  database: CaseDatabase,
  asked: readonly AskedOfAnswers[],
  common: Common,
): Promise<Answers[]> {
  const { statements, planned } = await record(system, database, asked, common);
  // Nothing is loaded meanwhile, so statistics may have every core.
  const settings = { DATABASE_STATISTICS_MAX: String(Math.min(5, availableParallelism())) };
  const measureOn = async (url: string): Promise<Answers[]> => {
    const measured: Answers[] = [];
    for (const one of asked) {
      const options = { ...one, ...common };
      switch (options.what) {
        case 'clients':
          measured.push({ clients: await measureClients(system, database, url, statements, options) });
          break;
        case 'routes':
          measured.push({ routes: await measureRoutes(database, url, planned, options) });
          break;
        case 'aims':
          measured.push({ aims: await measureAims(system, database, url, options) });
      }
    }
    return measured;
  };
  return system.withQuery(database, measureOn, settings);
}

/** On a service behind a recorder, which would slow what is measured. */
async function record(
  system: BenchSystem,
  database: CaseDatabase,
  asked: readonly AskedOfAnswers[],
  common: Common,
): Promise<Seen> {
  const clients = asked.find(({ what }) => what === 'clients');
  const routes = asked.find(({ what }) => what === 'routes');
  if (clients === undefined && routes === undefined) {
    return { statements: new Map(), planned: [] };
  }
  const recorder = await StatementRecorder.before(database.url('QUERY_DATABASE_URL'));
  try {
    const recorded = { url: (variable: string) => recorder.through(database.url(variable)) };
    return await system.withQuery(recorded, async (url) => ({
      statements: clients === undefined ? new Map() : await recordStatements(recorder, url, clients),
      planned: routes === undefined ? [] : await planQuestions(recorder, database, url, { ...routes, ...common }),
    }));
  } finally {
    await recorder.close();
  }
}
