import {
  type AcceptedInspection,
  type InspectionResult,
  type InspectionStatus,
  isTerminal,
  RUN_FIELD_NAMES,
  type RunValues,
  runValues,
} from '@chip/contracts';

/**
 * The merge of inspection events into attempts, and of attempts into the current row of an inspection.
 *
 * An attempt is the join of its events: `join` is commutative, associative and idempotent, so that any order of
 * arrival, cut into any flushes, yields the same rows. Each field holds the value of the greatest event that states it,
 * by (status rank, occurred_at, event_id); where that is not the deciding event, `stamps` records which one it was.
 * Without stamps, a late middle event could not tell whether it outranks the field's current value.
 */

/** Facts about the run itself: an inspection shows those of its current attempt. */
const OF_RUN = [...RUN_FIELD_NAMES, 'defect_count', 'measurement_count', 'metadata'] as const;

/** Fields that any event of an attempt may state; the greatest event that states one wins. */
const FIELDS = ['attempt_no', 'run_id', 'priority', 'completed_at', ...OF_RUN, 'void_reason', 'voids'] as const;
type Field = (typeof FIELDS)[number];

/** Columns of `inspection_attempts`: every field of an {@link Attempt}. */
export const ATTEMPT_COLUMNS: readonly (keyof Attempt)[] = [
  'inspection_id',
  'step',
  'attempt_key',
  'lot_id',
  'inspection_type',
  'status',
  'result',
  'occurred_at',
  'event_id',
  'event_ids',
  'first_occurred_at',
  'started_at',
  ...FIELDS,
  'stamps',
];

/** Columns of `inspections` that the merge sets: every field of a {@link CurrentRow}. */
export const CURRENT_COLUMNS: readonly (keyof CurrentRow)[] = [
  'status',
  'result',
  'step',
  'attempt_key',
  'created_at',
  'occurred_at',
  'started_at',
  'completed_at',
  'priority',
  ...OF_RUN,
];

/** Order of events: status rank, then machine time, then id. Canonical time texts sort like times. */
type Stamp = readonly [rank: number, occurredAt: string, eventId: string];

type NullableRunValues = { [Field in keyof RunValues]: RunValues[Field] | null };

interface RunFields extends NullableRunValues {
  defect_count: number | null;
  measurement_count: number | null;
  metadata: Record<string, unknown> | null;
}

interface AttemptFields extends RunFields {
  attempt_no: number | null;
  run_id: string | null;
  priority: number | null;
  completed_at: string | null;
  void_reason: string | null;
  voids: string | null;
}

/** A row of `inspection_attempts`. */
export interface Attempt extends AttemptFields {
  inspection_id: string;
  step: string;
  attempt_key: string;
  lot_id: string;
  inspection_type: string;
  status: InspectionStatus;
  /** Verdict of the deciding event; only a completed run has one. */
  result: InspectionResult | null;
  /** Time and id of the deciding event. */
  occurred_at: string;
  event_id: string;
  /** Every event of this attempt, sorted; without the voids that reach it by naming one of them. */
  event_ids: string[];
  first_occurred_at: string;
  started_at: string | null;
  stamps: Partial<Record<Field, Stamp>> | null;
}

/** An event as the merge sees it: with the numbers of its measurements and defects, without their content. */
export interface MergeableEvent extends Omit<AcceptedInspection, 'measurements' | 'defects'> {
  readonly measurement_count?: number | undefined;
  readonly defect_count?: number | undefined;
}

const rankOf = (status: InspectionStatus): number => {
  switch (status) {
    case 'pending':
      return 0;
    case 'in_progress':
      return 1;
    case 'completed':
    case 'failed':
    case 'cancelled':
      return 2;
    case 'voided':
      return 3;
  }
};

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const compare = (a: Stamp, b: Stamp): number => a[0] - b[0] || compareText(a[1], b[1]) || compareText(a[2], b[2]);
const deciding = (attempt: Attempt): Stamp => [rankOf(attempt.status), attempt.occurred_at, attempt.event_id];
const least = (a: string | null, b: string | null): string | null => (a === null ? b : b === null || a < b ? a : b);

/** The attempt that a single event makes. */
export function attemptOf(event: MergeableEvent): Attempt {
  return {
    inspection_id: event.inspection_uuid,
    step: event.step ?? '',
    attempt_key: event.attempt_key,
    lot_id: event.lot_uuid,
    inspection_type: event.inspection_type,
    status: event.status,
    result: event.result ?? null,
    occurred_at: event.occurred_at,
    event_id: event.event_id,
    event_ids: [event.event_id],
    first_occurred_at: event.occurred_at,
    started_at: event.started_at ?? null,
    attempt_no: event.attempt ?? null,
    run_id: event.run_id ?? null,
    priority: event.priority ?? null,
    completed_at: isTerminal(event.status) ? (event.completed_at ?? event.occurred_at) : null,
    ...runValues(event, null),
    defect_count: event.defect_count ?? null,
    measurement_count: event.measurement_count ?? null,
    metadata: event.metadata ?? null,
    void_reason: event.reason ?? null,
    voids: event.voids ?? null,
    stamps: null,
  };
}

/** Both sorted. One of them mostly has a single id, and an attempt may have thousands: sorted again for each, they hold up all. */
function union(a: readonly string[], b: readonly string[]): string[] {
  const [all, others] = a.length >= b.length ? [a.slice(), b] : [b.slice(), a];
  for (const id of others) {
    let [from, to] = [0, all.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      [from, to] = all[middle]! < id ? [middle + 1, to] : [from, middle];
    }
    if (all[from] !== id) {
      all.splice(from, 0, id);
    }
  }
  return all;
}

/** The join of two states of one attempt. Identity fields come from `a`. */
function join(a: Attempt, b: Attempt): Attempt {
  const [greater, lesser] = compare(deciding(a), deciding(b)) >= 0 ? [a, b] : [b, a];
  const winner = deciding(greater);
  const joined: Attempt = {
    ...greater,
    inspection_id: a.inspection_id,
    step: a.step,
    attempt_key: a.attempt_key,
    event_ids: union(a.event_ids, b.event_ids),
    first_occurred_at: least(a.first_occurred_at, b.first_occurred_at)!,
    started_at: least(a.started_at, b.started_at),
    stamps: null,
  };
  const stamps: Partial<Record<Field, Stamp>> = {};
  let isStamped = false;
  for (const field of FIELDS) {
    const ours = greater[field] === null ? null : (greater.stamps?.[field] ?? winner);
    const theirs = lesser[field] === null ? null : (lesser.stamps?.[field] ?? deciding(lesser));
    const isTheirs = theirs !== null && (ours === null || compare(theirs, ours) > 0);
    const stamp = isTheirs ? theirs : ours;
    if (isTheirs) {
      (joined as Record<Field, unknown>)[field] = lesser[field];
    }
    if (stamp !== null && compare(stamp, winner) !== 0) {
      stamps[field] = stamp;
      isStamped = true;
    }
  }
  if (isStamped) {
    joined.stamps = stamps;
  }
  return joined;
}

const keyOf = (attempt: Attempt): string => `${attempt.step.length}:${attempt.step}${attempt.attempt_key}`;

export interface MergedInspection {
  /** All attempts of the inspection, old and new. */
  readonly attempts: readonly Attempt[];
  /** Those that differ from the input. */
  readonly changed: readonly Attempt[];
  /** Events that contributed for the first time; the others were applied before. */
  readonly applied: readonly MergeableEvent[];
}

/** Joins a withdrawal that names an event into the attempt of that event. */
const withdraw = (attempt: Attempt, withdrawal: Attempt): Attempt => ({
  ...join(attempt, withdrawal),
  event_ids: attempt.event_ids,
});

/** `e:X` holds X and the voids that name X. A void cannot be voided: only X itself counts there. */
const isVoidable = (eventId: string, { attempt_key: key }: Attempt): boolean =>
  !key.startsWith('e:') || key === `e:${eventId}`;

const push = (index: Map<string, string[]>, name: string, key: string): void => {
  const keys = index.get(name);
  if (keys === undefined) {
    index.set(name, [key]);
  } else {
    keys.push(key);
  }
};

/**
 * Adds events of one inspection to its attempts.
 * A void that names an event keeps an attempt of its own (`e:<event>`). It waits there for an event that arrives after
 * its withdrawal, and is joined into that event's attempt.
 */
export function mergeEvents(existing: readonly Attempt[], events: readonly MergeableEvent[]): MergedInspection {
  const attempts = new Map<string, Attempt>();
  /** Keys by `attempt_key`: one for each step. */
  const keys = new Map<string, string[]>();
  const changed = new Set<string>();
  const applied: MergeableEvent[] = [];
  /** Keys by event, of the attempts that hold it: a chip may have thousands, in one attempt or in as many. */
  const holders = new Map<string, string[]>();
  const add = (key: string, attempt: Attempt): void => {
    if (!attempts.has(key)) {
      push(keys, attempt.attempt_key, key);
    }
    attempts.set(key, attempt);
  };
  const put = (key: string, attempt: Attempt): void => {
    add(key, attempt);
    changed.add(key);
  };
  for (const attempt of existing) {
    const key = keyOf(attempt);
    add(key, attempt);
    for (const eventId of attempt.event_ids) {
      push(holders, eventId, key);
    }
  }
  for (const event of events) {
    const alone = attemptOf(event);
    const key = keyOf(alone);
    if (holders.get(event.event_id)?.includes(key) === true) {
      continue;
    }
    push(holders, event.event_id, key);
    applied.push(event);
    const before = attempts.get(key);
    put(key, before === undefined ? alone : join(before, alone));
    if (event.voids === undefined) {
      for (const otherKey of keys.get(`e:${event.event_id}`) ?? []) {
        if (otherKey !== key) {
          put(key, withdraw(attempts.get(key)!, attempts.get(otherKey)!));
        }
      }
      continue;
    }
    for (const otherKey of holders.get(event.voids) ?? []) {
      const other = attempts.get(otherKey)!;
      if (otherKey !== key && isVoidable(event.voids, other)) {
        put(otherKey, withdraw(other, alone));
      }
    }
  }
  return { attempts: [...attempts.values()], changed: [...changed].map((key) => attempts.get(key)!), applied };
}

/** The part of an `inspections` row that follows from its attempts. */
export interface CurrentRow extends RunFields {
  status: InspectionStatus;
  result: InspectionResult | null;
  step: string;
  /** Null when every attempt was withdrawn. */
  attempt_key: string | null;
  created_at: string;
  occurred_at: string | null;
  started_at: string | null;
  completed_at: string | null;
  priority: number;
}

export const DEFAULT_PRIORITY = 5;

/** By machine time, then by the machine's attempt number (none comes first), then by event. */
const isLater = (a: Attempt, b: Attempt): boolean =>
  (compareText(a.occurred_at, b.occurred_at) ||
    (a.attempt_no ?? 0) - (b.attempt_no ?? 0) ||
    compareText(a.event_id, b.event_id) ||
    compareText(keyOf(a), keyOf(b))) > 0;

/** The latest attempt with a result, or the latest one if none has a result; never a withdrawn one. */
export function currentRow(attempts: readonly Attempt[]): CurrentRow {
  let current: Attempt | undefined;
  let createdAt = attempts[0]!.first_occurred_at;
  for (const attempt of attempts) {
    createdAt = least(createdAt, attempt.first_occurred_at)!;
    if (attempt.status === 'voided') {
      continue;
    }
    if (
      current === undefined ||
      (attempt.result !== null && current.result === null) ||
      ((attempt.result !== null) === (current.result !== null) && isLater(attempt, current))
    ) {
      current = attempt;
    }
  }
  return {
    status: current?.status ?? 'voided',
    result: current?.result ?? null,
    step: current?.step ?? '',
    attempt_key: current?.attempt_key ?? null,
    created_at: createdAt,
    occurred_at: current?.occurred_at ?? null,
    started_at: current?.started_at ?? null,
    completed_at: current?.completed_at ?? null,
    priority: current?.priority ?? DEFAULT_PRIORITY,
    ...runValues(current, null),
    defect_count: current?.defect_count ?? null,
    measurement_count: current?.measurement_count ?? null,
    metadata: current?.metadata ?? null,
  };
}
