/** What an error of PostgreSQL or of its connection means: data, transient, conflict or bug. */
import { AppError, type ErrorCode, type ErrorContext } from '@chip/service';

/**
 * What a failed statement means for its caller:
 * - `data`: the row is at fault. Find it (`copyLine`), write a dead letter, continue without it.
 * - `transient`: the same work may succeed later, on a new connection if `connectionLost`.
 * - `position_conflict`: another writer moved the position. Drop the flush, read the position again.
 * - `bug`: everything else. Stop and raise an alarm; a retry would only hide it.
 */
export type DatabaseErrorKind = 'data' | 'transient' | 'position_conflict' | 'bug';

/** What {@link DatabaseError} says beyond its message. Never a row's values: PostgreSQL's DETAIL is left out. */
export interface DatabaseErrorFacts {
  kind: DatabaseErrorKind;
  /** Empty when the server never answered. */
  sqlstate: string;
  /** 1-based line of the COPY that failed. */
  copyLine?: number;
  table?: string;
  column?: string;
  constraint?: string;
  /** The session is gone, or must not be reused (a demoted primary). */
  connectionLost: boolean;
}

const CODES: Record<DatabaseErrorKind, ErrorCode> = {
  data: 'database_row_refused',
  transient: 'database_unavailable',
  position_conflict: 'database_position_conflict',
  bug: 'database_failed',
};

/** An error of PostgreSQL or of the connection to it, translated once, by SQLSTATE. */
export class DatabaseError extends AppError {
  readonly code: ErrorCode;
  readonly retriable: boolean;
  readonly kind: DatabaseErrorKind;
  readonly sqlstate: string;
  readonly copyLine?: number;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  readonly connectionLost: boolean;

  constructor(message: string, facts: DatabaseErrorFacts, cause: unknown) {
    super(message, { context: { ...facts } satisfies ErrorContext, cause });
    this.code = CODES[facts.kind];
    this.retriable = facts.kind === 'transient';
    this.kind = facts.kind;
    this.sqlstate = facts.sqlstate;
    this.connectionLost = facts.connectionLost;
    if (facts.copyLine !== undefined) {
      this.copyLine = facts.copyLine;
    }
    if (facts.table !== undefined) {
      this.table = facts.table;
    }
    if (facts.column !== undefined) {
      this.column = facts.column;
    }
    if (facts.constraint !== undefined) {
      this.constraint = facts.constraint;
    }
  }
}

/**
 * The connection was lost during COMMIT: the transaction may or may not be in the database. Check (the position says),
 * never just retry.
 */
export class CommitUnknownError extends AppError {
  readonly code = 'database_commit_unknown';
  readonly retriable = false;

  constructor(cause: unknown) {
    super('The connection was lost during COMMIT; whether it took effect is unknown.', { cause });
  }
}

/** COMMIT rolled back because an earlier statement of the transaction had failed and its error was ignored. */
export class TransactionFailedError extends AppError {
  readonly code = 'database_transaction_failed';
  readonly retriable = false;
}

/** The database URL cannot be used. The message never repeats it: it holds a password. */
export class DatabaseUrlError extends AppError {
  readonly code = 'database_url_invalid';
  readonly retriable = false;
}

/** Raised by `move_position` when the position is not the expected one. */
export const POSITION_CONFLICT = 'CQ001';

/** SQLSTATEs, or their classes, that are transient. Everything not listed here or below is a bug. */
const TRANSIENT = [
  '08', // connection exceptions
  '25006', // read-only transaction: this server is no longer the primary
  '25P03', // idle in transaction too long
  '25P04', // transaction too long
  '40001', // serialization failure
  '40P01', // deadlock
  '53', // disk full, out of memory, too many connections
  '55P03', // lock not available in time
  '57014', // statement cancelled or timed out
  '57P01', // terminated by an administrator, or shutting down
  '57P02', // crash of another session
  '57P03', // starting up
  '57P05', // idle session time-out
  '58', // system error outside PostgreSQL (I/O)
];
/** The transient ones after which the session no longer exists or leads to the wrong server. */
const CONNECTION_LOST = ['08', '25006', '25P03', '25P04', '57P01', '57P02', '57P03', '57P05', '53300'];
/** The only classes about the row itself: 22 data exception, 23 integrity constraint. */
const DATA = ['22', '23'];
/** Exceptions that a row cannot cause: COPY columns that do not fit the table, the same key twice in one upsert. */
const NOT_DATA = ['22P04'];

const SOCKET_CODES = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_WRITE_AFTER_END',
]);
/** Node's codes of a handshake that failed, such as an expired certificate: it works again once that is renewed. */
const TLS_CODES = /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)/;
/** node-postgres reports these without a code. */
const CONNECTION_MESSAGES = [
  'The server does not support SSL connections',
  'There was an error establishing an SSL connection',
  'Connection terminated',
  'Client has encountered a connection error',
  'Client was closed',
  'timeout expired',
  'timeout exceeded when trying to connect',
  'Query read timeout',
];

interface PgErrorFields {
  code?: unknown;
  message?: unknown;
  where?: unknown;
  table?: unknown;
  column?: unknown;
  constraint?: unknown;
  severity?: unknown;
  routine?: unknown;
  stack?: unknown;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const listed = (sqlstate: string, list: readonly string[]): boolean => list.some((entry) => sqlstate.startsWith(entry));

/** @returns whether the text is a SQLSTATE; Node's own codes are longer or contain an underscore */
const isSqlstate = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code) && !SOCKET_CODES.has(code);

/** @returns what a SQLSTATE means, by the table above */
export function classifySqlstate(sqlstate: string): { kind: DatabaseErrorKind; connectionLost: boolean } {
  if (sqlstate === POSITION_CONFLICT) {
    return { kind: 'position_conflict', connectionLost: false };
  }
  if (listed(sqlstate, NOT_DATA)) {
    return { kind: 'bug', connectionLost: false };
  }
  if (listed(sqlstate, DATA)) {
    return { kind: 'data', connectionLost: false };
  }
  if (listed(sqlstate, TRANSIENT)) {
    return { kind: 'transient', connectionLost: listed(sqlstate, CONNECTION_LOST) };
  }
  return { kind: 'bug', connectionLost: false };
}

/** Returns the driver's error that MikroORM wrapped, or the error itself. */
export function driverError(error: unknown): unknown {
  if (error instanceof AppError) {
    return error;
  }
  const cause = (error as { cause?: unknown } | undefined)?.cause;
  return cause instanceof Error ? cause : error;
}

/** The server's error without DETAIL, CONTEXT and the like, which quote rows: a logger prints causes, too. */
function withoutRows(message: string, { code, severity, routine, stack }: PgErrorFields): Error {
  const cause = Object.assign(new Error(message), { code, severity, routine });
  return typeof stack === 'string' ? Object.assign(cause, { stack }) : cause;
}

/**
 * Translates anything that node-postgres throws. Called once, at the edge of this library; an AppError passes
 * unchanged.
 *
 * @param error anything
 */
export function toDatabaseError(error: unknown): AppError {
  if (error instanceof AppError) {
    return error;
  }
  const fields = (typeof error === 'object' && error !== null ? error : {}) as PgErrorFields;
  // If several addresses of one name all refuse, an AggregateError with an empty message arrives.
  const message = text(fields.message) ?? text(fields.code) ?? 'unknown database error';
  const code = text(fields.code) ?? '';
  if (isSqlstate(code)) {
    // Errors inside a JSON value put their own lines before COPY's.
    const line = /^COPY [^,]+, line (\d+)/m.exec(text(fields.where) ?? '')?.[1];
    const facts: DatabaseErrorFacts = { sqlstate: code, ...classifySqlstate(code) };
    if (line !== undefined) {
      facts.copyLine = Number(line);
    }
    const table = text(fields.table);
    const column = text(fields.column);
    const constraint = text(fields.constraint);
    if (table !== undefined) {
      facts.table = table;
    }
    if (column !== undefined) {
      facts.column = column;
    }
    if (constraint !== undefined) {
      facts.constraint = constraint;
    }
    // Messages of class 22 quote the offending value; its origin says enough.
    return facts.kind === 'data'
      ? new DatabaseError(`PostgreSQL refused a row (${code})`, facts, undefined)
      : new DatabaseError(message, facts, withoutRows(message, fields));
  }
  const lost =
    SOCKET_CODES.has(code) || TLS_CODES.test(code) || CONNECTION_MESSAGES.some((known) => message.startsWith(known));
  return new DatabaseError(message, { sqlstate: '', kind: lost ? 'transient' : 'bug', connectionLost: lost }, error);
}
