export function describeSystemRefusal(error: unknown): string | undefined;
