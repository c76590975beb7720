/**
 * The services' own configuration schemas, health routes and variables. Loaded by path when a test runs: no tool
 * depends on the code of an application, and the tests judge what the services judge at start.
 */
import path from 'node:path';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { SERVICE_NAMES } from '../devstack/processes/services.ts';

export interface Variable {
  readonly name: string;
  readonly required: boolean;
  readonly default: unknown;
  readonly description: string;
}

interface Schema {
  readonly shape: Record<string, unknown>;
}

/** The part of libs/service that the checks use. */
interface ServiceLibrary {
  describeConfig(schema: Schema): Variable[];
  loadConfig(schema: Schema, env: Readonly<Record<string, string>>): unknown;
}

export interface ServiceSchemas {
  /** Variables by application, for programs that have any. */
  readonly variables: Readonly<Record<string, readonly Variable[]>>;
  /** Why the service would refuse to start with these variables; empty if it would start. */
  refusal(app: string, environment: Readonly<Record<string, string>>): string;
  /** Paths that answer with the health of the process. */
  readonly healthPaths: readonly string[];
}

const load = async (file: string): Promise<Record<string, unknown>> =>
  (await import(path.join(REPOSITORY_ROOT, file))) as Record<string, unknown>;

export async function loadServiceSchemas(): Promise<ServiceSchemas> {
  await import('reflect-metadata');
  const { describeConfig, loadConfig } = (await load('libs/service/src/config/config.ts')) as unknown as ServiceLibrary;
  const schemas: Record<string, Schema> = {};
  // One after the other: jest cannot link modules that two concurrent imports share.
  for (const app of SERVICE_NAMES) {
    schemas[app] = (await load(`apps/${app}/src/${app}.config.ts`))[`${app}Schema`] as Schema;
  }
  const variables = Object.fromEntries(Object.entries(schemas).map(([app, schema]) => [app, describeConfig(schema)]));
  const { HealthController } = await load('libs/service/src/nest/health.controller.ts');
  return {
    variables,
    refusal(app, environment) {
      try {
        loadConfig(schemas[app] as Schema, environment);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    },
    healthPaths: routesOf(HealthController as new () => object).filter((route) => route.startsWith('/health/')),
  };
}

function routesOf(controller: new () => object): string[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype)
    .map((method) =>
      (Reflect as unknown as { getMetadata(key: string, target: unknown): unknown }).getMetadata(
        'path',
        prototype[method],
      ),
    )
    .filter((route) => typeof route === 'string')
    .map((route) => `/${route}`);
}
