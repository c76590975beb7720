import { Controller, Get, Inject, Res } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Health, type HealthReport } from '../health/health.ts';

/** The parts of Fastify's reply used here, so that the library does not depend on the HTTP server. */
interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): unknown;
}

/** Serves `/health/live`, `/health/ready` (200 or 503, with a JSON body that names every indicator) and `/metrics`. */
@Controller()
export class HealthController {
  constructor(
    @Inject(Health) private readonly health: Health,
    @Inject(Registry) private readonly registry: Registry,
  ) {}

  @Get('health/live')
  async live(@Res() reply: Reply): Promise<void> {
    answer(reply, await this.health.live());
  }

  @Get('health/ready')
  async ready(@Res() reply: Reply): Promise<void> {
    answer(reply, await this.health.ready());
  }

  @Get('metrics')
  async metrics(@Res() reply: Reply): Promise<void> {
    reply.header('content-type', this.registry.contentType).send(await this.registry.metrics());
  }
}

function answer(reply: Reply, report: HealthReport): void {
  reply
    .code(report.status === 'up' ? 200 : 503)
    .header('cache-control', 'no-store')
    .send(report);
}
