import { Database } from '@chip/persistence';

/** The database that accepts writes; the same pool as `Database` when there is only one URL. */
export class PrimaryDatabase extends Database {}
