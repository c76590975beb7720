export interface Lock {
  packages: Record<string, Record<string, unknown>>;
}
export declare function packagesOf(lock: Lock): {
  name: string;
  version: string;
  licence: string;
  isShipped: boolean;
  address: string;
  hasHash: boolean;
  hasScript: boolean;
}[];
export declare function problemsOf(
  lock: Lock,
  allowScripts: Readonly<Record<string, boolean>>,
  npmrc: string,
): string[];
