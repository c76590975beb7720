/**
 * Negative control of the fault suite, never shipped: a writer that commits to Kafka before the database and goes on
 * where Kafka says. A crash in between loses the batch, and the checker must notice.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeBlock, type Stream, streamOfAccepted, STREAMS, trimBlock } from '@chip/contracts';
import { type RecordBatch } from '@chip/kafka';
import { KafkaBatchServer } from '@chip/kafka/nest';
import { initPosition, loadPosition, LoadSession } from '@chip/persistence';
import { CONFIG, runService } from '@chip/service/nest';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { type DeadLetters, KafkaDeadLetters } from '../../src/dead-letters.ts';
import { LOADERS } from '../../src/loaders/loaders.ts';
import { flush } from '../../src/partition/flush/flush.ts';
import { RefusalBrake } from '../../src/partition/flush/refusal-brake.ts';
import { type WriterConfig, writerSchema } from '../../src/writer.config.ts';
import { WriterModule } from '../../src/writer.module.ts';

/** Commits leave together, so the last one may take a moment. */
const UNTIL_COMMITTED_MS = 400;

@Controller()
class CommitFirstConsumer {
  readonly #config: WriterConfig;
  readonly #deadLetters: DeadLetters;
  readonly #sessions = new Map<string, Promise<LoadSession>>();

  constructor(@Inject(CONFIG) config: WriterConfig, deadLetters: KafkaDeadLetters) {
    this.#config = config;
    this.#deadLetters = deadLetters;
  }

  @EventPattern(STREAMS.map(({ accepted }) => accepted))
  onBatch(batch: RecordBatch): Promise<void> {
    return this.#handle(streamOfAccepted(batch.topic)!, batch);
  }

  async #handle({ name, accepted: topic }: Stream, batch: RecordBatch): Promise<void> {
    // The mistake: from here on a crash skips what is not loaded yet.
    batch.commit(batch.nextOffset);
    await sleep(UNTIL_COMMITTED_MS);
    for (const record of batch.records) {
      const block = decodeBlock(record.headers, record.value);
      const session = await this.#session(`${topic}/${batch.partition}`);
      const { sourceTopic, sourcePartition: partition } = block;
      const position =
        (await loadPosition(session, sourceTopic, partition)) ??
        (await initPosition(session, sourceTopic, partition, BigInt(block.coversFrom), BigInt(record.offset)));
      const from = Number(position.nextOffset);
      if (block.coversTo <= from) {
        continue;
      }
      const rest = block.coversFrom < from ? trimBlock(block, from) : block;
      const appendTimeMs = rest.index.at(-1)?.appendTime ?? null;
      await flush(
        session,
        LOADERS[name]([rest]),
        {
          topic: sourceTopic,
          partition,
          blocks: [rest],
          from,
          to: rest.coversTo,
          acceptedOffset: record.offset + 1,
          appendTimeMs,
        },
        this.#deadLetters,
        new RefusalBrake(),
        batch.signal,
      );
    }
  }

  #session(name: string): Promise<LoadSession> {
    const open =
      this.#sessions.get(name) ??
      LoadSession.open({ url: this.#config.DATABASE_URL, applicationName: `chip-writer ${name}` });
    this.#sessions.set(name, open);
    return open;
  }
}

await runService({
  name: 'writer',
  schema: writerSchema,
  module: () => WriterModule.forConsumer(CommitFirstConsumer),
  strategies: [KafkaBatchServer],
});
