/** Conventional commits (tools/commits checks them): a header that fits a log line, and a body that says why. */
export default {
  extends: ['@commitlint/config-conventional'],
  rules: {
    'header-max-length': [2, 'always', 72],
    'body-empty': [2, 'never'],
    'body-max-line-length': [2, 'always', 120],
    'body-leading-blank': [2, 'always'],
  },
};
