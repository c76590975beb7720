import { KafkaBatchServer } from '@chip/kafka';
import { runService } from '@chip/service';
import { writerSchema } from './writer.config.ts';
import { WriterConsumer } from './writer.consumer.ts';
import { WriterModule } from './writer.module.ts';

await runService({
  name: 'writer',
  schema: writerSchema,
  module: () => WriterModule.forConsumer(WriterConsumer),
  strategies: [KafkaBatchServer],
});
