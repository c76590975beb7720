import { Database } from '@chip/persistence';

/** The database that takes writes; the same pool as `Database` where there is one URL. */
export class PrimaryDatabase extends Database {}
