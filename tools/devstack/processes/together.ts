/** Runs tasks together; when one fails, aborts the others and waits for their end before it rethrows. */

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
