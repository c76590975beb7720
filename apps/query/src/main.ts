import { runService } from '@chip/service/nest';
import { configureHttp, httpOptions } from './server/configure-http.ts';
import { querySchema } from './query.config.ts';
import { QueryModule } from './query.module.ts';

await runService({
  name: 'query',
  schema: querySchema,
  module: () => QueryModule,
  configure: configureHttp,
  http: httpOptions,
});
