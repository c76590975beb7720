/** The functions of the suite that runs: `describe`, `it`, `expect` and so on. The runtime sets them before each suite. */
export const current = { globals: {} };
