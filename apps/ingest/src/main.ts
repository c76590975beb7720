import { KafkaBatchServer } from '@chip/kafka/nest';
import { runService } from '@chip/service/nest';
import { ingestSchema } from './ingest.config.ts';
import { IngestModule } from './ingest.module.ts';

await runService({ name: 'ingest', schema: ingestSchema, module: () => IngestModule, strategies: [KafkaBatchServer] });
