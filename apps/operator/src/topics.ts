import { TOPICS } from '@chip/contracts';
import { KafkaAdmin, kafkaConnection, kafkaVariables } from '@chip/kafka';
import { createLogger, loadConfig } from '@chip/service';
import { Command } from 'commander';
import { z } from 'zod';
import { runCommand } from './command.ts';

async function withAdmin(work: (admin: KafkaAdmin) => Promise<void>): Promise<void> {
  const { logger } = createLogger({ name: 'topics', level: 'warn', instance: 'topics' });
  const admin = new KafkaAdmin(kafkaConnection(loadConfig(z.object(kafkaVariables)), 'chip-topics'), logger);
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`expected a whole number from 1, got ${text}`);
  return value;
};

const program = new Command('topics').description(
  'The topics of the contract: machine, accepted and dead-letter topics. Reads KAFKA_BROKERS.',
);

program
  .command('create')
  .description('create the topics that are missing; existing ones are left as they are')
  .option('--replication <n>', "replicas of each partition (default: the brokers' own)", wholeNumber)
  .action(async ({ replication }: { replication?: number }) =>
    withAdmin(async (admin) => {
      const created = await admin.createTopics(TOPICS, replication === undefined ? {} : { replication });
      console.log(created.length === 0 ? 'all topics are there' : `created ${created.join(', ')}`);
    }),
  );

program
  .command('check')
  .description('compare the topics with the contract; exit 1 when something differs')
  .action(async () =>
    withAdmin(async (admin) => {
      const differences = await admin.checkTopics(TOPICS);
      for (const difference of differences) console.log(difference);
      if (differences.length > 0) process.exitCode = 1;
      else console.log('all topics are as the contract says');
    }),
  );

program
  .command('grow')
  .description(
    'raise the number of partitions of every topic; accepted and dead-letter topics first, so that no machine partition waits',
  )
  .argument('<partitions>', 'new number of partitions', wholeNumber)
  .action(async (partitions: number) =>
    withAdmin(async (admin) => {
      const isMachineTopic = (name: string): number => Number(TOPICS.some((topic) => `${name}.dlq` === topic.name));
      for (const { name } of [...TOPICS].sort((a, b) => isMachineTopic(a.name) - isMachineTopic(b.name))) {
        await admin.growTopic(name, partitions);
        console.log(`${name}: ${await admin.partitionCount(name)} partitions`);
      }
    }),
  );

await runCommand(program);
