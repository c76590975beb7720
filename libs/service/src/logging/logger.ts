import type { LoggerService } from '@nestjs/common';
import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

export type { Logger };

/** `scheme://user:password@host`, wherever it appears in a log line. The host follows the last `@`: people forget to escape. */
const URL_CREDENTIALS = /(\/\/)[^\s/:"'\\]*:[^\s/"'\\]+@/g;

/** Hides user and password of every URL in `text`. */
export const hideCredentials = (text: string): string => text.replace(URL_CREDENTIALS, '$1***@');

/** Fields in which drivers quote rows, statements and their parameters. */
const QUOTING = ['detail', 'where', 'hint', 'internalQuery', 'query', 'parameters'];

/** An error with its causes as a log line holds it. Adapters keep rows out of their errors; what they miss ends here. */
export function describeError(error: unknown): unknown {
  const described: unknown = error instanceof Error ? pino.stdSerializers.errWithCause(error) : error;
  return withoutQuotes(described);
}

function withoutQuotes(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) {
    return error;
  }
  const { cause, aggregateErrors, ...fields } = error as Record<string, unknown>;
  return {
    ...Object.fromEntries(Object.entries(fields).filter(([name]) => !QUOTING.includes(name))),
    ...(cause === undefined ? {} : { cause: withoutQuotes(cause) }),
    ...(Array.isArray(aggregateErrors) ? { aggregateErrors: aggregateErrors.map(withoutQuotes) } : {}),
  };
}

export interface ServiceLogger {
  readonly logger: Logger;
  /** Waits until all lines are written, at most `timeoutMs`: a stalled reader must not keep the process alive. */
  flush(timeoutMs: number): Promise<void>;
}

/** Limit on lines in memory while nothing reads the log. Beyond it the logger drops lines, and the service goes on. */
const MAX_UNWRITTEN_BYTES = 8 * 1024 * 1024;

/**
 * The logger of a process: readable lines on a terminal, one JSON object per line elsewhere. Events are `snake_case`
 * messages with their facts as fields: `logger.info({ topic, partition }, 'partition_assigned')`.
 *
 * Writing never blocks the event loop.
 */
export function createLogger(options: {
  name: string;
  level: string;
  instance?: string;
  isTerminal?: boolean;
}): ServiceLogger {
  const destination = pino.destination({ dest: 1, sync: false, maxLength: MAX_UNWRITTEN_BYTES });
  // Without this listener a closed pipe would end the process.
  destination.on('error', () => undefined);
  const isTerminal = options.isTerminal ?? process.stdout.isTTY ?? false;
  const logger = pino(
    {
      name: options.name,
      level: options.level,
      base: options.instance === undefined ? {} : { instance: options.instance },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError, err: describeError },
      hooks: { streamWrite: hideCredentials },
    },
    isTerminal
      ? pretty({ destination, ignore: 'pid,hostname,instance', translateTime: 'SYS:HH:MM:ss.l' })
      : destination,
  );
  const flush = (timeoutMs: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      destination.flush(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  return { logger, flush };
}

/** Nest's start-up chatter: one line per route and module, useful only to debug the wiring. */
const NEST_INTERNALS = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'NestMicroservice',
  'RouterExplorer',
  'RoutesResolver',
]);

/** Sends the log lines of Nest and its libraries to `logger`, with their context as field `context`. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    const context = contextOf(rest);
    this.write(NEST_INTERNALS.has(context ?? '') ? 'debug' : 'info', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(
    level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = contextOf(rest);
    if (message instanceof Error) {
      this.logger[level]({ context, err: message }, message.message);
    } else {
      this.logger[level]({ context }, typeof message === 'string' ? message : JSON.stringify(message));
    }
  }
}

/** Nest passes the context as the last argument, after an optional stack. */
function contextOf(rest: unknown[]): string | undefined {
  const last = rest.at(-1);
  return typeof last === 'string' ? last : undefined;
}
