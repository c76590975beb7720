/** Does several things at once; when one fails, the others are told, and their end is awaited before the failure goes on. */

type Tasks<Results extends readonly unknown[]> = {
  readonly [Index in keyof Results]: (signal: AbortSignal) => Promise<Results[Index]>;
};

export async function together<Results extends readonly unknown[]>(
  signal: AbortSignal,
  ...tasks: Tasks<Results>
): Promise<Results> {
  const failure = new AbortController();
  const both = AbortSignal.any([signal, failure.signal]);
  const running = tasks.map((task) => task(both));
  try {
    return (await Promise.all(running)) as unknown as Results;
  } catch (error) {
    failure.abort();
    await Promise.allSettled(running);
    throw error;
  }
}
