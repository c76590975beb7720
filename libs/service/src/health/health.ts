/** The state that one part of the process reports; `degraded`: it fails, but the others are worth the traffic. */
export type HealthState = { readonly state: 'up' } | { readonly state: 'degraded' | 'down'; readonly reason: string };

/**
 * One check of the process. Live indicators check progress, not connections: a red one gets the process restarted. Ready
 * indicators check whether traffic should come here now.
 */
export interface HealthIndicator {
  /** Unique among live, or among ready indicators; appears in the answer. */
  readonly name: string;
  check(): HealthState | Promise<HealthState>;
}

export interface HealthReport {
  readonly status: 'up' | 'down';
  readonly checks: Readonly<Record<string, HealthState>>;
}

/** A check that takes longer than this counts as down: the answer must come before the probe times out. */
const CHECK_TIMEOUT_MS = 3_000;

/** The indicators of a process. Each part adds its own when it is constructed; the health routes run them all. */
export class Health {
  readonly #live = new Map<string, HealthIndicator>();
  readonly #ready = new Map<string, HealthIndicator>();

  addLive(indicator: HealthIndicator): void {
    add(this.#live, indicator);
  }

  addReady(indicator: HealthIndicator): void {
    add(this.#ready, indicator);
  }

  live(): Promise<HealthReport> {
    return report(this.#live);
  }

  ready(): Promise<HealthReport> {
    return report(this.#ready);
  }
}

function add(indicators: Map<string, HealthIndicator>, indicator: HealthIndicator): void {
  if (indicators.has(indicator.name)) {
    throw new Error(`two health indicators are named ${indicator.name}`);
  }
  indicators.set(indicator.name, indicator);
}

async function report(indicators: ReadonlyMap<string, HealthIndicator>): Promise<HealthReport> {
  const entries = await Promise.all(
    [...indicators.values()].map(async (indicator) => [indicator.name, await ask(indicator)] as const),
  );
  return {
    status: entries.some(([, { state }]) => state === 'down') ? 'down' : 'up',
    checks: Object.fromEntries(entries),
  };
}

async function ask(indicator: HealthIndicator): Promise<HealthState> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<HealthState>((resolve) => {
    timer = setTimeout(
      () => resolve({ state: 'down', reason: `no answer within ${CHECK_TIMEOUT_MS} ms` }),
      CHECK_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([indicator.check(), late]);
  } catch (error) {
    return { state: 'down', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
