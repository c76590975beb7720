/** An OpenID Connect issuer of a suite's own. Apart from the rest, so that only suites that need one load it. */
export * from './token-issuer.ts';
