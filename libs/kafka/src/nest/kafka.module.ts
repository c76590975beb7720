/** Kafka for a Nest service: batch transport, producer, admin and reader, each closed by the drain. */
import { Lifecycle, type Logger } from '@chip/service';
import { CONFIG, LOGGER } from '@chip/service/nest';
import { type DynamicModule, Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { KafkaAdmin } from '../admin.ts';
import { type KafkaConnection, type KafkaVariables, serviceConnection } from '../client.ts';
import { KafkaBatchServer } from './batch-server.ts';
import type { ConsumerOptions } from '../consume/consumer-options.ts';
import { KafkaProducer } from '../producer.ts';
import { TopicReader } from '../read-topic.ts';

type ServiceVariables = KafkaVariables & { readonly INSTANCE: string };

export interface KafkaModuleOptions<Config extends ServiceVariables> {
  /** The service's name on the brokers; the instance follows it. */
  readonly clientId: string;
  /** Consumer group of each topic to read; handlers of other topics stay idle. */
  readonly groups: (config: Config) => Readonly<Record<string, string>>;
  readonly consumer?: (config: Config) => Partial<ConsumerOptions>;
}

const CONNECTION = Symbol('kafka connection');

/**
 * Provides {@link KafkaBatchServer}, {@link KafkaProducer}, {@link KafkaAdmin} and {@link TopicReader}. The controller
 * that handles the batches drains the consumers, since only it knows what else must end first.
 */
@Module({})
export class KafkaModule {
  static forRoot<Config extends ServiceVariables>(options: KafkaModuleOptions<Config>): DynamicModule {
    const { clientId, groups, consumer } = options;
    const connected = [CONNECTION, LOGGER, Lifecycle];
    const drained = <Client extends { disconnect(): Promise<void> }>(
      lifecycle: Lifecycle,
      name: string,
      client: Client,
    ) => {
      lifecycle.onDrain('connections', name, () => client.disconnect());
      return client;
    };
    return {
      module: KafkaModule,
      providers: [
        {
          provide: CONNECTION,
          inject: [CONFIG, Registry],
          useFactory: (config: Config, registry: Registry) => serviceConnection(config, clientId, registry),
        },
        {
          provide: KafkaProducer,
          inject: connected,
          useFactory: (connection: KafkaConnection, logger: Logger, lifecycle: Lifecycle) =>
            drained(lifecycle, 'kafka producer', new KafkaProducer(connection, logger)),
        },
        {
          provide: KafkaAdmin,
          inject: connected,
          useFactory: (connection: KafkaConnection, logger: Logger, lifecycle: Lifecycle) =>
            drained(lifecycle, 'kafka admin', new KafkaAdmin(connection, logger)),
        },
        {
          provide: TopicReader,
          inject: connected,
          useFactory: (connection: KafkaConnection, logger: Logger) => new TopicReader(connection, logger),
        },
        {
          provide: KafkaBatchServer,
          inject: [CONFIG, ...connected],
          useFactory: (config: Config, connection: KafkaConnection, logger: Logger, lifecycle: Lifecycle) =>
            new KafkaBatchServer({
              connection,
              groups: groups(config),
              consumer: consumer?.(config) ?? {},
              logger,
              fatal: (error) => lifecycle.fatal(error),
            }),
        },
      ],
      exports: [KafkaBatchServer, KafkaProducer, KafkaAdmin, TopicReader],
    };
  }
}
