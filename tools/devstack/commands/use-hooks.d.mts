export function useHooks(root: string): void;
