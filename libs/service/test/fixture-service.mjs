// A service without a purpose, which run-service.int-spec.ts runs as a process. FIXTURE selects how it misbehaves.
import { Module } from '@nestjs/common';
import { Health, Lifecycle, serviceSchema } from '@chip/service';
import { runService } from '@chip/service/nest';

const fixture = process.env.FIXTURE ?? '';
const drainTimeoutMs = Number(process.env.DRAIN_TIMEOUT_MS ?? 5_000);

class Part {
  constructor(lifecycle, health) {
    const say = (line) => process.stdout.write(`${line}\n`);
    lifecycle.onDrain('connections', 'connections', () => say('drained connections'));
    lifecycle.onDrain('work', 'work', () => say('drained work'));
    lifecycle.onDrain('intake', 'intake', async () => {
      say('drained intake');
      if (fixture === 'hang') {
        await new Promise(() => {});
      }
      if (fixture === 'failing-drain') {
        throw new Error('cannot drain');
      }
      if (fixture === 'fatal-drain') {
        lifecycle.fatal(new Error('broken while it drains'));
      }
      if (fixture === 'rejection-drain') {
        void Promise.reject(new Error('nobody listens'));
      }
    });
    if (fixture === 'red') {
      health.addLive({ name: 'progress', check: () => ({ state: 'down', reason: 'no progress' }) });
    }
    if (fixture === 'fatal') {
      setTimeout(() => lifecycle.fatal(new Error('broken beyond repair')), 200);
    }
    if (fixture === 'rejection') {
      setTimeout(() => void Promise.reject(new Error('nobody listens')), 200);
    }
    if (fixture === 'exception') {
      setTimeout(() => {
        throw new Error('nobody catches');
      }, 200);
    }
  }
}

const provider = {
  provide: Part,
  inject: [Lifecycle, Health],
  useFactory: async (lifecycle, health) => {
    if (fixture === 'slow-start') {
      process.stdout.write('starting\n');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    }
    return new Part(lifecycle, health);
  },
};
class FixtureModule {}
Module({ providers: [provider] })(FixtureModule);

await runService({ name: 'fixture', schema: serviceSchema, module: () => FixtureModule, drainTimeoutMs });
