import { setTimeout as sleep } from 'node:timers/promises';
import { streamOf, STREAMS } from '@chip/contracts';
import { InputError } from '@chip/service';
import { z } from 'zod';

/** The part of the answer of `/v1/pipeline` that the replay uses. */
const pipelineSchema = z.object({
  partitions: z.array(
    z.object({
      topic: z.string(),
      partition: z.number(),
      next_offset: z.number(),
      state: z.string().nullish(),
    }),
  ),
});
type PipelinePartition = z.infer<typeof pipelineSchema>['partitions'][number];

const LOOK_EVERY_MS = 500;
const ANSWER_WITHIN_MS = 5_000;

export type CatchUp =
  | { readonly isThere: true }
  /** Why not: the service does not answer, or these partitions are behind. */
  | { readonly isThere: false; readonly reason: string };

export interface PipelineOptions {
  readonly queryUrl: string;
  /** API key or token; undefined for a service without access control. */
  readonly key: string | undefined;
  readonly topic: string;
  readonly signal: AbortSignal;
}

export interface CatchUpOptions extends PipelineOptions {
  /** Offset after the last record of each partition. */
  readonly ends: ReadonlyMap<number, number>;
  readonly timeoutMs: number;
  /** Called after each check with the number of events still missing. */
  readonly onLook?: (eventsMissing: number) => void;
}

/**
 * Checks, before anything is published, whether the pipeline can be waited for.
 *
 * @returns why that is not known yet; undefined if it can be
 * @throws InputError if the pipeline does not read the topic, or refuses the key
 */
export async function checkWaitable(options: PipelineOptions): Promise<string | undefined> {
  const { topic, queryUrl } = options;
  const answer = await look(options);
  if (typeof answer === 'string') {
    return answer;
  }
  // A pipeline that has just started has no positions yet.
  if (streamOf(topic) === undefined && !answer.some((one) => one.topic === topic)) {
    throw new InputError(
      `--wait: the pipeline of ${queryUrl} does not read the topic ${topic}, only ${STREAMS.map(({ source }) => source).join(' and ')}: its events would never be stored; leave out --wait or --publish-to`,
    );
  }
  return undefined;
}

/** Polls the pipeline until the writer has committed everything below `ends`. @throws InputError when it refuses the key */
export async function waitForPipeline(options: CatchUpOptions): Promise<CatchUp> {
  const startedAt = performance.now();
  for (;;) {
    const answer = await look(options);
    let reason: string;
    if (typeof answer === 'string') {
      reason = answer;
    } else {
      const behind = partitionsBehind(answer, options.topic, options.ends);
      if (behind.length === 0) {
        return { isThere: true };
      }
      options.onLook?.(behind.reduce((sum, { missing }) => sum + missing, 0));
      reason = behind
        .map(({ partition, missing, state }) => `partition ${partition} is ${missing} records behind (${state})`)
        .join(', ');
    }
    if (performance.now() - startedAt > options.timeoutMs) {
      return { isThere: false, reason };
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal: options.signal });
  }
}

/** The partitions, or a sentence about why there is no answer. */
async function look({ queryUrl, key, signal }: PipelineOptions): Promise<readonly PipelinePartition[] | string> {
  const url = `${queryUrl.replace(/\/$/, '')}/v1/pipeline`;
  try {
    const response = await fetch(url, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    if (response.status === 401 || response.status === 403) {
      throw new InputError(
        `cannot tell whether it is stored: ${url} answers ${response.status}; set QUERY_KEY to an API key that may read the pipeline`,
      );
    }
    if (!response.ok) {
      return `${url} answers ${response.status}`;
    }
    const parsed = pipelineSchema.safeParse(await response.json());
    return parsed.success ? parsed.data.partitions : `${url} returns an answer that this version cannot read`;
  } catch (error) {
    if (signal.aborted || error instanceof InputError) {
      throw error;
    }
    return `${url} does not answer`;
  }
}

export function partitionsBehind(
  partitions: readonly PipelinePartition[],
  topic: string,
  ends: ReadonlyMap<number, number>,
): { partition: number; missing: number; state: string }[] {
  const positions = new Map(partitions.filter((one) => one.topic === topic).map((one) => [one.partition, one]));
  return [...ends]
    .map(([partition, end]) => {
      const position = positions.get(partition);
      return {
        partition,
        missing: end - (position?.next_offset ?? 0),
        state: position?.state ?? 'nothing applied yet',
      };
    })
    .filter(({ missing }) => missing > 0);
}
