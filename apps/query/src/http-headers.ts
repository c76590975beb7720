/** Headers of every answer: nothing here is meant to run in, or be framed by, a page. */
const COMMON = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** The page of the API description brings its own scripts; its styles are inline. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** @param path of the request, without its query */
export const securityHeaders = (path: string): Readonly<Record<string, string>> => ({
  ...COMMON,
  'content-security-policy': path === '/docs' || path.startsWith('/docs/') ? PAGE_POLICY : DATA_POLICY,
});
