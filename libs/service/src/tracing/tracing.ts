/** Spans of what a service does, sent to an OpenTelemetry collector. Without a collector, nothing of it is loaded. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attributes, Link, SpanContext } from '@opentelemetry/api';
import type { ServiceConfig } from '../config/config.ts';

/** Injection token; null while tracing is off. */
export const TRACING = Symbol('tracing');

/** Of the events behind one span; further ones are counted in attribute `links.dropped`. */
const MAX_LINKS = 64;
const SHUTDOWN_MS = 2_000;

interface SpanOptions {
  readonly name: string;
  readonly kind: 'server' | 'consumer';
  /** W3C `traceparent` of what caused this; anything that is none counts as absent. */
  readonly parent?: string | undefined;
  /** `traceparent` of everything else that this deals with. */
  readonly links?: Iterable<string>;
  readonly attributes?: Attributes;
  /** When it began, ms since 1970; now if absent. */
  readonly startTime?: number;
}

export interface Span {
  /** To hand on: the `traceparent` of this span. */
  readonly traceparent: string;
  /** @param error why it failed, if it did */
  end(attributes?: Attributes, error?: unknown): void;
}

export interface Tracing {
  start(options: SpanOptions): Span;
  /** Sends what waits. */
  shutdown(): Promise<void>;
}

/** Only versions after 00 may have more after the flags; version ff is invalid. */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/s;

function contextOf(traceparent: string | undefined): SpanContext | undefined {
  const [, version, traceId, spanId, flags, rest] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) {
    return undefined;
  }
  if (version === '00' && rest !== undefined) {
    return undefined;
  }
  return { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16) & 1, isRemote: true };
}

const textOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${(traceFlags & 1) === 1 ? '01' : '00'}`;

/** A `traceparent` of any version as version 00, which has 55 characters; undefined for any other text. */
export function traceparentOf(text: string | undefined): string | undefined {
  const context = contextOf(text);
  return context && textOf(context);
}

/** The first of several `traceparent` whose trace is recorded, or else the first. */
export const leadingTrace = (traceparents: readonly string[]): string | undefined =>
  traceparents.find((one) => contextOf(one)?.traceFlags === 1) ?? traceparents[0];

/** Undefined while the configuration names no collector. */
export async function openTracing(
  { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: ratio, INSTANCE }: ServiceConfig,
  service: string,
): Promise<Tracing | undefined> {
  if (endpoint === undefined) {
    return undefined;
  }
  const [{ ROOT_CONTEXT, SpanKind, SpanStatusCode, trace }, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': `chip-${service}`, 'service.instance.id': INSTANCE }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(ratio) }),
    // A collector that does not answer costs spans, never memory or work.
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }),
        maxQueueSize: 2_048,
        scheduledDelayMillis: 1_000,
        exportTimeoutMillis: 10_000,
      }),
    ],
  });
  const tracer = provider.getTracer('chip-quality');
  const kinds = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER };

  const start = ({ name, kind, parent, links = [], attributes, startTime }: SpanOptions): Span => {
    const parentContext = contextOf(parent);
    const linked = new Map<string, Link>();
    let dropped = 0;
    for (const traceparent of links) {
      const context = contextOf(traceparent);
      // A link to a trace that nobody records leads nowhere.
      if (context?.traceFlags !== 1 || linked.has(traceparent)) {
        continue;
      }
      if (linked.size < MAX_LINKS) {
        linked.set(traceparent, { context });
      } else {
        dropped++;
      }
    }
    const span = tracer.startSpan(
      name,
      {
        kind: kinds[kind],
        links: [...linked.values()],
        attributes: { ...attributes, ...(dropped === 0 ? {} : { 'links.dropped': dropped }) },
        ...(startTime === undefined ? {} : { startTime }),
      },
      parentContext === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parentContext),
    );
    return {
      traceparent: textOf(span.spanContext()),
      end: (more, error) => {
        if (more !== undefined) {
          span.setAttributes(more);
        }
        if (error !== undefined) {
          span.setStatus({
            code: SpanStatusCode.ERROR,
            message: error instanceof Error ? error.message : String(error),
          });
        }
        span.end();
      },
    };
  };
  return {
    start,
    shutdown: async () => {
      // A collector that is away must not hold up the end of the process.
      await Promise.race([provider.shutdown(), sleep(SHUTDOWN_MS, undefined, { ref: false })]);
    },
  };
}
