/** Where the secrets of Compose are, and that people can sign in there. */
import type { Check } from './check.ts';
import { when } from './kubernetes/objects.ts';

/** Where Compose mounts the secrets of a service. */
const FOLDER = '/secrets/';
/** A provider of tokens, as the variables of the environment of Compose name it. */
const SIGN_IN = {
  AUTH_MODE: 'keys+oidc',
  OIDC_ISSUER: 'https://issuer.example',
  OIDC_AUDIENCE: 'chip',
  OIDC_CLIENT_ID: 'page',
  PUBLIC_URL: 'https://chip.example',
};
/** Commands of the owner share its secrets; those of operators do without. */
const SECRETS_OF: Readonly<Record<string, string>> = {
  migrate: 'migrator',
  topics: 'operator',
  chip: 'migrator',
  pgbouncer: 'query',
};

const ONLY_FILES = ['OIDC_CLIENT_SECRET', 'SESSION_SECRET'];

const urls: Check = ({ compose }) =>
  Object.entries(compose.services).flatMap(([name, { environment = {} }]) =>
    Object.entries(environment)
      .filter(([variable, value]) => variable.endsWith('DATABASE_URL') && Boolean(value))
      .flatMap(([variable, value]) => {
        const url = new URL(String(value));
        return [
          ...when(url.password !== '', `compose: ${name} has the password of ${variable} in the file`),
          ...when(
            !url.searchParams.get('passwordfile')?.startsWith(FOLDER),
            `compose: ${name} reads no password file for ${variable}`,
          ),
        ];
      }),
  );

/** Of the secrets a service sees its own. */
const rooms: Check = ({ compose }) =>
  Object.entries(compose.services).flatMap(([name, { build, volumes = [] }]) =>
    volumes
      .filter((volume) => build !== undefined && /secrets|passwords/.test(volume))
      .filter((volume) => volume !== `${SECRETS_OF[name] ?? name}-secrets:/secrets:ro`)
      .map((volume) => `compose: ${name} sees the secrets of others in ${volume}`),
  );

const signIn: Check = ({ compose }, { variables, refusal }) => {
  const environment = compose.services['query']?.environment ?? {};
  const names = (variables['query'] ?? [])
    .map(({ name }) => name)
    .filter((name) => name.startsWith('OIDC_') || ['SESSION_SECRET', 'PUBLIC_URL'].includes(name));
  const given = { ...environment, ...SIGN_IN, SESSION_SECRET: 's'.repeat(32) };
  const reason = refusal('query', {
    ...Object.fromEntries(
      Object.entries(given)
        .filter(([name]) => !name.endsWith('_FILE'))
        .map(([name, value]) => [name, String(value ?? '')]),
    ),
  });
  return [
    ...names.flatMap((name) =>
      ONLY_FILES.includes(name)
        ? when(
            !String(environment[`${name}_FILE`] ?? '').startsWith(FOLDER),
            `compose: query reads no file for ${name}, so it cannot be renewed`,
          )
        : when(!(name in environment), `compose: query cannot be given ${name}`),
    ),
    ...when(reason !== '', `compose: no one can sign in: ${reason}`),
  ];
};

export const secrets: Check = (deployment, schemas) =>
  [urls, rooms, signIn].flatMap((check) => check(deployment, schemas));
