import type { Deployment } from './manifests.ts';
import type { ServiceSchemas } from './service-schemas.ts';

/** What is wrong about one side of a deployment, in words; nothing when it is right. */
export type Check = (deployment: Deployment, schemas: ServiceSchemas) => string[];

export const when = (isWrong: boolean, problem: string): string[] => (isWrong ? [problem] : []);
