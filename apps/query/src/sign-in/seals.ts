import { type Logger } from '@chip/service';

const LEAST_CHARACTERS = 32;
const MOST_SECRETS = 5;
const LOOK_MS = 2_000;

/** The secrets in a text that has one per line; undefined when one is too short or there are too many. */
export function secretsIn(text: string): readonly [string, ...string[]] | undefined {
  const secrets = text
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line !== '');
  const areGood = secrets.length <= MOST_SECRETS && secrets.every((secret) => secret.length >= LEAST_CHARACTERS);
  return areGood && secrets.length > 0 ? (secrets as [string, ...string[]]) : undefined;
}

/**
 * The secrets of cookies, as the file has them now: the first seals, all open. What is not valid changes nothing.
 *
 * @param read returns the text; a valid one at first
 */
export function renewedSecrets(read: () => string, logger: Logger): () => readonly [string, ...string[]] {
  let text = read();
  let secrets = secretsIn(text) as readonly [string, ...string[]];
  let lookedAt = performance.now();
  return () => {
    if (performance.now() - lookedAt > LOOK_MS) {
      lookedAt = performance.now();
      const present = read();
      if (present !== text) {
        text = present;
        const renewed = secretsIn(text);
        logger[renewed ? 'info' : 'warn'](
          { secrets: renewed?.length },
          renewed ? 'session_secret_renewed' : 'session_secret_not_renewed',
        );
        secrets = renewed ?? secrets;
      }
    }
    return secrets;
  };
}
