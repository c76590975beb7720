/**
 * Negative control of the fault suite, never shipped: a writer that passes by every block below the accepted offset of
 * the position, without looking into it. When the accepted topic starts over, everything new is below, and the checker
 * must notice.
 */
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

@Controller()
class SkippingConsumer {
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

  async #handle({ name, source: sourceTopic, accepted: topic }: Stream, batch: RecordBatch): Promise<void> {
    const { partition } = batch;
    const session = await this.#session(`${topic}/${partition}`);
    let position = await loadPosition(session, sourceTopic, partition);
    if (batch.outOfRange !== null) {
      const { low, high } = batch.outOfRange;
      batch.seek(Math.min(Math.max(Number(position?.acceptedOffset ?? 0), low), high));
      return;
    }
    for (const record of batch.records) {
      // The mistake: an offset says nothing about a topic that may not be the remembered one.
      if (position !== undefined && record.offset < Number(position.acceptedOffset)) {
        continue;
      }
      const block = decodeBlock(record.headers, record.value);
      position ??= await initPosition(session, sourceTopic, partition, BigInt(block.coversFrom), BigInt(record.offset));
      const from = Number(position.nextOffset);
      if (block.coversTo <= from) {
        continue;
      }
      const rest = block.coversFrom < from ? trimBlock(block, from) : block;
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
          appendTimeMs: rest.index.at(-1)?.appendTime ?? null,
        },
        this.#deadLetters,
        new RefusalBrake(),
        batch.signal,
      );
      position = await loadPosition(session, sourceTopic, partition);
    }
    batch.commit(batch.nextOffset);
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
  module: () => WriterModule.forConsumer(SkippingConsumer),
  strategies: [KafkaBatchServer],
});
