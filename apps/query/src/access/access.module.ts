/** Access control: who sends a request, what the caller may ask for, how often, and for which data. */
import { Database } from '@chip/persistence';
import { freshValue, Lifecycle, type Logger } from '@chip/service';
import { CONFIG, LOGGER } from '@chip/service/nest';
import { Module } from '@nestjs/common';
import { type QueryConfig } from '../query.config.ts';
import { PrimaryDatabase } from '../primary-database.ts';
import { Gate } from './gate.ts';
import { KeyCheck } from './key-check.ts';
import { CallerRates } from './rate-limits.ts';
import { TokenCheck } from './token-check.ts';
import { EndedSessions } from '../sign-in/ended-sessions.ts';
import { renewedSecrets } from '../sign-in/seals.ts';
import { Sessions } from '../sign-in/session.ts';
import { SIGN_IN, SignIn } from '../sign-in/sign-in.ts';

/** Where keys and ended sessions come from: the primary, or the replica while it is away. */
const LIST_DATABASES = Symbol('LIST_DATABASES');

/** Makes a gate with the checks that `AUTH_MODE` selects. */
function openGate(
  databases: readonly Database[],
  config: QueryConfig,
  logger: Logger,
  lifecycle: Lifecycle,
  tokens: TokenCheck | null,
  signIn: SignIn | null,
): Gate {
  const { AUTH_MODE } = config;
  const keys = AUTH_MODE.includes('keys') ? new KeyCheck(databases, logger) : undefined;
  keys?.start();
  lifecycle.onDrain('connections', 'keys', () => keys?.stop());
  return new Gate(keys, tokens ?? undefined, new CallerRates(config.RATE_LIMITS), signIn?.sessions);
}

const TOKEN_CHECK = Symbol('TOKEN_CHECK');

function openTokenCheck(
  { AUTH_MODE, OIDC_ISSUER: issuer = '', OIDC_AUDIENCE: audience = '' }: QueryConfig,
  logger: Logger,
): TokenCheck | null {
  return AUTH_MODE.includes('oidc') ? new TokenCheck({ issuer, audience, logger }) : null;
}

/** Signs people in where the configuration names a client of the issuer. */
function openSignIn(
  databases: readonly Database[],
  config: QueryConfig,
  logger: Logger,
  lifecycle: Lifecycle,
  tokens: TokenCheck | null,
): SignIn | null {
  const { OIDC_CLIENT_ID: clientId, SESSION_SECRET: secret, PUBLIC_URL: publicUrl } = config;
  if (tokens === null || clientId === undefined || secret === undefined || publicUrl === undefined) {
    return null;
  }
  const ended = new EndedSessions(databases, logger);
  ended.start();
  lifecycle.onDrain('connections', 'sessions', () => ended.stop());
  const secrets = renewedSecrets(freshValue(config, 'SESSION_SECRET') as () => string, logger);
  return new SignIn({
    issuer: config.OIDC_ISSUER ?? '',
    audience: config.OIDC_AUDIENCE ?? '',
    clientId,
    clientSecret: freshValue(config, 'OIDC_CLIENT_SECRET'),
    scope: config.OIDC_SCOPE,
    publicUrl,
    secrets,
    sessions: new Sessions(secrets, publicUrl.startsWith('https:'), ended),
    check: (token) => tokens.callerOf(token),
    logger,
  });
}

@Module({
  providers: [
    { provide: TOKEN_CHECK, inject: [CONFIG, LOGGER], useFactory: openTokenCheck },
    {
      provide: LIST_DATABASES,
      inject: [Database, PrimaryDatabase],
      useFactory: (database: Database, primary: PrimaryDatabase): Database[] =>
        database === primary ? [primary] : [primary, database],
    },
    {
      provide: SIGN_IN,
      inject: [LIST_DATABASES, CONFIG, LOGGER, Lifecycle, TOKEN_CHECK],
      useFactory: openSignIn,
    },
    {
      provide: Gate,
      inject: [LIST_DATABASES, CONFIG, LOGGER, Lifecycle, TOKEN_CHECK, SIGN_IN],
      useFactory: openGate,
    },
  ],
})
export class AccessModule {}
