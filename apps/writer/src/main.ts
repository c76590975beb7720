import { KafkaBatchServer } from '@chip/kafka/nest';
import { runService } from '@chip/service/nest';
import { writerSchema } from './writer.config.ts';
import { WriterConsumer } from './writer.consumer.ts';
import { WriterModule } from './writer.module.ts';

await runService({
  name: 'writer',
  schema: writerSchema,
  module: () => WriterModule.forConsumer(WriterConsumer),
  strategies: [KafkaBatchServer],
});
