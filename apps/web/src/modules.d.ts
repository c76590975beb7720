/** The runbooks by code, as HTML; made by vite.config.ts. */
declare module 'virtual:runbooks' {
  export const runbooks: Readonly<Record<string, string>>;
}
