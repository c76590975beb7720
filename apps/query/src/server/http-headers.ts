/** Headers of every answer: no page may run or frame it. */
const COMMON = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** The page of the API loads its own scripts; its styles are inline. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

/**
 * @param path of the request, without its query
 * @param isEncrypted whether the client speaks HTTPS, with this service or with a trusted proxy
 */
export const securityHeaders = (path: string, isEncrypted: boolean): Readonly<Record<string, string>> => ({
  ...COMMON,
  ...(isEncrypted ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  'cache-control': 'private, no-cache',
  // In lower case, as the compression looks for its own name here.
  vary: 'accept, authorization, cookie, accept-encoding',
  'content-security-policy': path === '/docs' || path.startsWith('/docs/') ? PAGE_POLICY : DATA_POLICY,
});
