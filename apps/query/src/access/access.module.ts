/** Access control: who sends a request, what the caller may ask for, how often, and for which data. */
import { Database } from '@chip/persistence';
import { CONFIG, Lifecycle, LOGGER, type Logger } from '@chip/service';
import { Module } from '@nestjs/common';
import { type QueryConfig } from '../query.config.ts';
import { PrimaryDatabase } from '../primary-database.ts';
import { Gate } from './gate.ts';
import { KeyCheck } from './key-check.ts';
import { CallerRates } from './rate-limits.ts';
import { TokenCheck } from './token-check.ts';

/** Makes a gate with the checks that `AUTH_MODE` selects. Keys come from the primary, or from the replica while it is away. */
function openGate(
  database: Database,
  primary: PrimaryDatabase,
  config: QueryConfig,
  logger: Logger,
  lifecycle: Lifecycle,
): Gate {
  const { AUTH_MODE, OIDC_ISSUER: issuer = '', OIDC_AUDIENCE: audience = '' } = config;
  const keys = AUTH_MODE.includes('keys')
    ? new KeyCheck(database === primary ? [primary] : [primary, database], logger)
    : undefined;
  const tokens = AUTH_MODE.includes('oidc') ? new TokenCheck({ issuer, audience, logger }) : undefined;
  keys?.start();
  lifecycle.onDrain('connections', 'keys', () => keys?.stop());
  return new Gate(keys, tokens, new CallerRates(config.RATE_LIMITS));
}

@Module({
  providers: [{ provide: Gate, inject: [Database, PrimaryDatabase, CONFIG, LOGGER, Lifecycle], useFactory: openGate }],
})
export class AccessModule {}
