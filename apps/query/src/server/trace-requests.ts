import { type Span, type Tracing } from '@chip/service';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';

/**
 * One span for each request, below the caller's `traceparent`. The answer names it in `traceresponse`, so that a caller
 * without tracing finds it as well.
 */
export function traceRequests(app: NestFastifyApplication, tracing: Tracing): void {
  const spans = new WeakMap<object, Span>();
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const { traceparent } = request.headers;
    const span = tracing.start({
      name: `${request.method} ${route}`,
      kind: 'server',
      parent: typeof traceparent === 'string' ? traceparent : undefined,
      attributes: { 'http.request.method': request.method, 'http.route': route },
    });
    spans.set(request, span);
    reply.header('traceresponse', span.traceparent);
  });
  // Also where the client has gone: the answer is then cut, and its status is the one that was meant.
  fastify.addHook('onResponse', async (request, reply) => {
    const { statusCode } = reply;
    spans
      .get(request)
      ?.end(
        { 'http.response.status_code': statusCode },
        statusCode >= 500 ? new Error(`answered with ${statusCode}`) : undefined,
      );
  });
}
