import type { Deployment } from './manifests.ts';
import type { ServiceSchemas } from './service-schemas.ts';

/** Returns the problems of one aspect of a deployment, in words; empty if there are none. */
export type Check = (deployment: Deployment, schemas: ServiceSchemas) => string[];
